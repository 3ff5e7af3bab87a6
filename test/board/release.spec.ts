import type { CanActivate } from '@nestjs/common';
import { LockService } from 'nestjs-etcd-lock';
import { describe, expect, it } from 'vitest';
import { adapters, gate } from '../nest/support/harness.js';
import { boardApplication } from './support/board-application.js';

const PAGE = { 'x-lock-board': 'release', 'sec-fetch-site': 'same-origin' };

async function post(
  url: string,
  query: Record<string, string>,
  headers: Record<string, string> = PAGE,
) {
  const answer = await fetch(`${url}/release?${new URLSearchParams(query)}`, {
    method: 'POST',
    headers,
  });
  return {
    status: answer.status,
    body: (await answer.json()) as { message?: string },
  };
}

describe.each(adapters)('releasing on %s', (adapter) => {
  it('takes the lock from the holder that was seen, and says so', async () => {
    const { url, rival, look } = await boardApplication({
      adapter,
      board: { allowRelease: true },
    });
    const key = 'a/b c?&<script>';
    const lock = await rival.acquire(key);
    const lost = gate();
    lock.signal.addEventListener('abort', () => lost.open());
    const looker = await look().complete();
    const { created } = looker.lock(key)!.holders[0]!;

    const answer = await post(url, { key, holders: created });

    expect(answer).toEqual({ status: 200, body: { key, released: 1 } });
    await lost.passed;
    await looker.sees(() => !looker.lock(key));
  });

  it('is refused unless it is allowed', async () => {
    const { url, rival } = await boardApplication({ adapter });
    const lock = await rival.acquire('a');

    const answer = await post(url, {
      key: 'a',
      holders: `${lock.fencingToken}`,
    });

    expect(answer.status).toBe(403);
    expect(answer.body.message).toMatch(/switched off/);
    expect(lock.held).toBe(true);
  });
});

describe('releasing', () => {
  it('has guards of its own, after those of the board', async () => {
    const asked: string[] = [];
    const guard = (name: string, admits: boolean): CanActivate => ({
      canActivate: () => {
        asked.push(name);
        return admits;
      },
    });
    const { url, rival, look } = await boardApplication({
      board: {
        allowRelease: true,
        guards: [guard('see', true)],
        releaseGuards: [guard('release', false)],
      },
    });
    const lock = await rival.acquire('a');
    await look().complete();
    expect(asked).toEqual(['see']);

    const answer = await post(url, {
      key: 'a',
      holders: `${lock.fencingToken}`,
    });

    expect(answer.status).toBe(403);
    expect(asked).toEqual(['see', 'see', 'release']);
    expect(lock.held).toBe(true);
  });

  it('spares a holder that nobody has seen', async () => {
    const { url, rival } = await boardApplication({
      board: { allowRelease: true },
    });
    const seen = await rival.acquire('a');
    const holders = `${seen.fencingToken}`;
    await seen.release();
    await rival.acquire('a');

    const answer = await post(url, { key: 'a', holders });
    expect(answer.status).toBe(409);
    expect((await rival.inspect('a')).holders).toHaveLength(1);
  });

  it('takes a lock from those of its holders that were seen, of however many', async () => {
    const { url, rival, look } = await boardApplication({
      board: { allowRelease: true },
    });
    const mode = 'shared';
    for (let reader = 0; reader < 53; reader += 1) {
      await rival.acquire('a', { mode });
    }
    const looker = await look().complete();
    const shown = looker.lock('a')!.holders;
    const gone = (await rival.inspect('a')).holders.slice(0, 1);
    await rival.forceRelease('a', gone);

    const holders = shown.map(({ created }) => created).join();
    const answer = await post(url, { key: 'a', holders });

    expect(answer).toEqual({ status: 200, body: { key: 'a', released: 49 } });
    expect((await rival.inspect('a')).holders).toHaveLength(3);
  });

  it('says so when the lock passes on in the very moment', async () => {
    const { app, url, rival } = await boardApplication({
      board: { allowRelease: true },
    });
    const lock = await rival.acquire('a');
    const locks = app.get(LockService);
    const forceRelease = locks.forceRelease.bind(locks);
    locks.forceRelease = async (...seen) => {
      await lock.release();
      await rival.acquire('a');
      return forceRelease(...seen);
    };

    const answer = await post(url, {
      key: 'a',
      holders: `${lock.fencingToken}`,
    });

    expect(answer.status).toBe(409);
    expect((await rival.inspect('a')).holders).toHaveLength(1);
  });

  it('says under which name in etcd it found nobody', async () => {
    const { url } = await boardApplication({ board: { allowRelease: true } });

    const answer = await post(url, { key: 'a b', holders: '7' });

    expect(answer.status).toBe(409);
    expect(answer.body.message).toBe(
      'Nobody holds it: etcd has no locks/a%20b/.',
    );
  });

  it.each([
    ['without the header', { 'sec-fetch-site': 'same-origin' }],
    ['from another site', { ...PAGE, 'sec-fetch-site': 'cross-site' }],
    [
      'from a neighbour of the same site',
      { ...PAGE, 'sec-fetch-site': 'same-site' },
    ],
    [
      'from another origin',
      { 'x-lock-board': 'release', origin: 'http://evil.test' },
    ],
    ['without an origin', { 'x-lock-board': 'release' }],
    [
      'from a page without an origin',
      { 'x-lock-board': 'release', origin: 'null' },
    ],
  ])('is refused %s', async (_, headers: Record<string, string>) => {
    const { url, rival } = await boardApplication({
      board: { allowRelease: true },
    });
    const lock = await rival.acquire('a');

    // As `fetch` would add it to a request of its own.
    const answer = await post(
      url,
      { key: 'a', holders: `${lock.fencingToken}` },
      {
        'sec-fetch-mode': 'no-cors',
        ...headers,
      },
    );

    expect(answer.status).toBe(403);
    expect((await rival.inspect('a')).holders).toHaveLength(1);
  });

  it('is admitted by origin where a browser does not tell the site', async () => {
    const { url, rival } = await boardApplication({
      board: { allowRelease: true },
    });
    const lock = await rival.acquire('a');
    const headers = { 'x-lock-board': 'release', origin: new URL(url).origin };

    const answer = await post(
      url,
      { key: 'a', holders: `${lock.fencingToken}` },
      headers,
    );

    expect(answer.status).toBe(200);
  });

  it('names what is wrong with a key, and an etcd that fails', async () => {
    const { url, rival, faults } = await boardApplication({
      board: { allowRelease: true },
    });
    const lock = await rival.acquire('a');
    expect((await post(url, { key: '', holders: '1' })).status).toBe(400);

    faults.refuse({ on: 'read' });
    const answer = await post(url, {
      key: 'a',
      holders: `${lock.fencingToken}`,
    });
    expect(answer.status).toBe(503);
    expect(answer.body.message).toMatch(/etcd failed/);
  });
});
