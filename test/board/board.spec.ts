import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import { type CanActivate, VersioningType } from '@nestjs/common';
import { LockService } from 'nestjs-etcd-lock';
import { StoreError } from 'nestjs-etcd-lock/core';
import helmet from 'helmet';
import { describe, expect, it } from 'vitest';
import { waitUntil } from '../support/wait-until.js';
import { adapters, gate } from '../nest/support/harness.js';
import { boardApplication } from './support/board-application.js';

describe.each(adapters)('the lock board on %s', (adapter) => {
  it('serves a page that needs nothing but itself, under a global prefix', async () => {
    const { url } = await boardApplication({
      adapter,
      prefix: 'api/v1',
      board: { path: 'ops/locks' },
      prepare: (app) => app.enableVersioning({ type: VersioningType.URI }),
    });

    const page = await fetch(url);
    const html = await page.text();

    expect(page.status).toBe(200);
    expect(page.headers.get('content-type')).toMatch('text/html');
    const policy = page.headers.get('content-security-policy');
    expect(policy).toContain("default-src 'none'");
    expect(policy).not.toMatch(/unsafe|\*|https?:/);
    const parts = [...html.matchAll(/(?:src|href)="([^"]+)"/g)].map(
      ([, part]) => part!,
    );
    expect(parts).toHaveLength(3);
    for (const part of parts) {
      const answer = await fetch(new URL(part, url));
      expect(answer.status, part).toBe(200);
      expect(answer.headers.get('x-content-type-options')).toBe('nosniff');
    }
    expect(html).not.toMatch(/<script(?![^>]* src=)|<style|style="|\son\w+=/);
  });

  it('finds its parts from an address with a slash at its end as well', async () => {
    const { url } = await boardApplication({ adapter });
    if (adapter === 'fastify') return; // It does not serve such an address.
    const html = await (await fetch(`${url}/`)).text();
    const script = /src="([^"]+)"/.exec(html)![1]!;

    expect((await fetch(new URL(script, `${url}/`))).status).toBe(200);
  });

  it('lets a browser keep the script for ever, but only under its own version', async () => {
    const { url } = await boardApplication({ adapter });
    const html = await (await fetch(url)).text();
    const script = new URL(/src="([^"]+)"/.exec(html)![1]!, url);

    const named = await fetch(script);
    const other = await fetch(`${url}/board.js?v=old`);
    const etag = named.headers.get('etag')!;
    const again = await fetch(script, { headers: { 'if-none-match': etag } });

    expect(named.headers.get('cache-control')).toMatch(/private.*immutable/);
    expect(other.headers.get('cache-control')).toBe('private, no-cache');
    expect(again.status).toBe(304);
  });

  it('tells a viewer of all locks and then of each change', async () => {
    const { rival, look } = await boardApplication({ adapter, prefix: 'api' });
    await rival.acquire('a', { metadata: { step: 1 } });
    const looker = await look().complete();
    expect(looker.lock('a')).toMatchObject({
      holding: 1,
      waiting: 0,
      holders: [
        { pid: process.pid, mode: 'exclusive', metadata: '{"step":1}' },
      ],
    });

    const b = await rival.acquire('b');
    await looker.sees(() => looker.lock('b'), 'the new lock');
    await b.release();
    const before = looker.updates.length;
    await looker.sees(() => !looker.lock('b'), 'that it is free');

    const sent = looker.updates.slice(before).flatMap(({ locks }) => locks);
    expect(sent.map(({ key }) => key)).not.toContain('a');
    expect(looker.headers['cache-control']).toContain('no-transform');
  });

  it('ends what viewers read when the application closes', async () => {
    const { app, look } = await boardApplication({ adapter });
    const looker = await look().complete();

    await app.close();

    await looker.sees(() => looker.ended, 'the end');
  });
});

describe('the lock board', () => {
  it('needs one watch for all who look, and none when nobody does', async () => {
    const { watched, look, rival } = await boardApplication();
    expect(watched.watchesOpened).toBe(0);

    const lookers = await Promise.all(
      Array.from({ length: 5 }, () => look().complete()),
    );
    await rival.acquire('a');
    for (const looker of lookers) await looker.sees(() => looker.lock('a'));
    expect([watched.openWatches, watched.watchesOpened]).toEqual([1, 1]);

    for (const looker of lookers) looker.leave();
    await waitUntil(() => watched.openWatches === 0, { what: 'no watch' });
    const late = await look().complete();
    expect(late.lock('a')).toBeDefined();
    expect([watched.openWatches, watched.watchesOpened]).toEqual([1, 2]);
  });

  it('keeps no watch for a viewer who left while a guard was asked', async () => {
    const asked = gate();
    const left = gate();
    let times = 0;
    const guard: CanActivate = {
      canActivate: async (context) => {
        times += 1;
        if (times > 1) return true;
        const { socket } = context.switchToHttp().getRequest<IncomingMessage>();
        asked.open();
        await once(socket, 'close');
        left.open();
        return true;
      },
    };
    const { watched, look } = await boardApplication({
      board: { guards: [guard] },
    });
    const early = look();
    await asked.passed;
    early.leave();
    await left.passed;

    const late = await look().complete();
    late.leave();

    await waitUntil(() => watched.openWatches === 0, { what: 'no watch' });
    expect(watched.watchesOpened).toBe(1);
  });

  it('gathers changes instead of sending each', async () => {
    const { rival, look } = await boardApplication();
    const looker = await look().complete();
    const startedAt = performance.now();

    for (let index = 0; index < 200; index += 1) {
      await (await rival.acquire('busy')).release();
      if (index % 20 === 0) await pause(10);
    }
    await rival.acquire('last');
    await looker.sees(() => looker.lock('last'));

    const ticks = Math.ceil((performance.now() - startedAt) / 250) + 2;
    const changes = looker.updates.filter(
      ({ locks, gone }) => locks.length + gone.length > 0,
    );
    expect(changes.length).toBeLessThanOrEqual(ticks);
  });

  it('tells how long a lease lasts, asked once for all its locks', async () => {
    const { rival, look, watched } = await boardApplication();
    let asked = 0;
    const timeToLive = watched.timeToLive.bind(watched);
    watched.timeToLive = (...args) => {
      asked += 1;
      return timeToLive(...args);
    };
    await Promise.all(
      Array.from({ length: 20 }, (_, index) => rival.acquire(`k${index}`)),
    );
    const lookers = await Promise.all([look().complete(), look().complete()]);

    for (const looker of lookers) {
      await looker.sees(() =>
        looker.updates.some(
          ({ leases }) => Object.keys(leases ?? {}).length > 0,
        ),
      );
    }
    const leases = lookers[0].updates.find(
      ({ leases }) => leases && Object.keys(leases).length > 0,
    )!.leases!;
    const lease = lookers[0].lock('k0')!.holders[0]!.lease;
    expect(leases[lease]).toBeGreaterThan(5_000);
    expect(asked).toBeLessThanOrEqual(2);
  });

  it('says why it hears nothing, and goes on when it does again', async () => {
    const { rival, look, faults } = await boardApplication();
    const looker = await look().complete();
    const refusal = faults.refuse({
      on: 'read',
      times: Infinity,
      error: new StoreError(
        'unauthenticated',
        'not-applied',
        'invalid auth token',
      ),
    });
    faults.endWatches();
    await looker.sees(
      () => looker.trouble?.includes('invalid auth token'),
      'the reason',
    );
    await rival.acquire('meanwhile');

    refusal.lift();

    await looker.sees(() => looker.lock('meanwhile'), 'the lock');
    expect(looker.trouble).toBeNull();
  });

  it('shows a ticket that it cannot read as that, beside all others', async () => {
    const { rival, look, watched } = await boardApplication();
    await rival.acquire('good');
    const nested = `${'['.repeat(30_000)}${']'.repeat(30_000)}`;
    const value = `{"mode":"shared","host":"web","metadata":{"a":${nested}}}`;
    const put = { kind: 'put', key: 'locks/bad/1', value } as const;
    await watched.transact({ compare: [], success: [put], failure: [] });

    const looker = await look().complete();

    expect(looker.lock('good')).toBeDefined();
    const [holder] = looker.lock('bad')!.holders;
    expect(holder).toMatchObject({ mode: 'shared', unreadable: true });
    expect(holder).not.toHaveProperty('metadata');
  });

  it('says that it failed itself, instead of showing nothing without a word', async () => {
    const { app, look } = await boardApplication();
    app.get(LockService).client.follow = (follower) => {
      follower.snapshot([undefined as never], 5n);
      return () => {};
    };

    const looker = look();

    await looker.sees(
      () => looker.trouble?.startsWith('The board itself failed: '),
      'the failure',
    );
    expect(looker.whole).toBe(false);
  });

  it('says that there are too many keys', async () => {
    const { look, watched } = await boardApplication();
    const read = watched.read.bind(watched);
    watched.read = async (...args) => ({
      ...(await read(...args)),
      count: 1_000_000,
    });

    const looker = look();

    await looker.sees(
      () => looker.trouble?.includes('1000000 keys'),
      'why not',
    );
  });

  it('cuts long metadata short', async () => {
    const { rival, look } = await boardApplication();
    await rival.acquire('big', { metadata: { text: 'x'.repeat(3_989) } });

    const looker = await look().complete();

    const { metadata } = looker.lock('big')!.holders[0]!;
    expect(metadata!.length).toBeLessThan(2_100);
    expect(metadata).toMatch(/… \(4000 characters\)$/);
  });

  it('keeps its own policy beside that of helmet', async () => {
    const { url } = await boardApplication({
      prepare: (app) => app.use(helmet()),
    });
    const answer = await fetch(url);

    expect(answer.headers.get('content-security-policy')).toMatch(
      /^default-src 'none'/,
    );
    expect(answer.headers.get('x-dns-prefetch-control')).toBe('off');
  });
});
