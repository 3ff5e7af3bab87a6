import { Logger } from '@nestjs/common';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { EtcdLockModule, LockService } from 'nestjs-etcd-lock';
import { adapters, listen } from '../nest/support/harness.js';
import { type Etcd, startEtcd } from '../support/etcd.js';
import { waitUntil } from '../support/wait-until.js';
import { healthParts, outcomes } from './support/health-app.js';

let etcd: Etcd;
beforeEach(async () => {
  etcd = await startEtcd();
});
afterEach(() => etcd.stop());

const BOTH_UP = { ready: '200 up', live: '200 up' };
const NOT_READY = { ready: '503 down', live: '200 up' };

describe.each(adapters)('the health of an application on %s', (adapter) => {
  it('turns when etcd is stopped, and back when it returns', async () => {
    const { app, url } = await listen(
      healthParts(EtcdLockModule.forRoot({ hosts: etcd.endpoints, ttl: '4s' })),
      adapter,
    );
    const locks = app.get(LockService);
    expect(await outcomes(url)).toEqual(BOTH_UP);
    await (await locks.acquire('before')).release();

    etcd.member.pause();
    expect(await outcomes(url)).toEqual(NOT_READY);
    etcd.member.resume();
    await waitUntil(async () => (await outcomes(url)).ready === '200 up', {
      what: 'the application to be ready after a pause of etcd',
    });

    await etcd.member.kill();
    expect(await outcomes(url)).toEqual(NOT_READY);
    // Longer than any lease lives: the process itself is none the worse for it.
    await waitUntil(() => locks.client.sessions().length === 0, {
      what: 'the lease to be lost',
    });
    expect(await outcomes(url)).toEqual(NOT_READY);
    etcd.member.launch();
    await waitUntil(async () => (await outcomes(url)).ready === '200 up', {
      what: 'the application to be ready after a restart of etcd',
    });

    await using lock = await locks.acquire('after');
    expect(lock.held).toBe(true);
    expect(await outcomes(url)).toEqual(BOTH_UP);
  });
});

describe('the preflight of an application', () => {
  it('is made when an etcd that was away at the start is there', async () => {
    const warned = vi.spyOn(Logger.prototype, 'warn');
    const links = () =>
      warned.mock.calls.flatMap(
        ([line]) => /preflight\.md#(.+)$/.exec(String(line))?.[1] ?? [],
      );
    try {
      await etcd.member.kill();
      const hosts = etcd.endpoints;
      const { url } = await listen(
        healthParts(EtcdLockModule.forRoot({ hosts, ttl: '3s' })),
      );
      expect(await outcomes(url)).toEqual(NOT_READY);
      expect(links()).toEqual([]);

      etcd.member.launch();

      await waitUntil(() => links().includes('short-ttl'), {
        what: 'the findings of the preflight',
      });
      expect(links().filter((code) => code !== 'etcd-version')).toEqual([
        'single-member',
        'short-ttl',
      ]);
    } finally {
      warned.mockRestore();
    }
  });
});
