import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LockClient } from '../../lib/core/index.js';
import { EtcdStore } from '../../lib/etcd/index.js';
import { EtcdLockStore } from '../../lib/nestjs-locks/index.js';
import { type Etcd, startEtcd } from '../support/etcd.js';
import { namesBelow, openLeases } from '../support/etcd-gateway.js';
import { waitUntil } from '../support/wait-until.js';
import { lockStoreCases } from './lock-store-cases.js';

let etcd: Etcd;
let one: EtcdLockStore;
let other: EtcdLockStore;
beforeAll(async () => {
  etcd = await startEtcd();
  one = new EtcdLockStore({ hosts: etcd.endpoints });
  other = new EtcdLockStore({ hosts: etcd.endpoints });
});
afterAll(async () => {
  await one.close();
  await other.close();
  await etcd.stop();
});

describe('EtcdLockStore on etcd', () => {
  lockStoreCases(
    async () => ({
      ttl: 6_000,
      over: 8_500,
      stores: [one, other],
      // Only etcd's own clock ends a lease.
      advance: (ms) => pause(ms),
      async isEmpty() {
        await waitUntil(
          async () => (await openLeases(etcd.endpoints)).length === 0,
        );
        expect(await namesBelow(etcd.endpoints, 'locks/')).toEqual([]);
      },
    }),
    { concurrent: true },
  );

  it('shares its keys with LockService, whose tokens grow with its own', async () => {
    const store = new EtcdStore({ hosts: etcd.endpoints });
    const locks = new LockClient({ store });
    const lock = await locks.acquire('report');
    expect(await one.acquire('report', 'a', 10_000)).toEqual({
      acquired: false,
    });
    await lock.release();
    const taken = await one.acquire('report', 'a', 10_000);
    expect(taken).toMatchObject({ acquired: true });
    expect(await locks.tryAcquire('report')).toBeNull();
    expect(await locks.inspect('report')).toMatchObject({
      holders: [{ pid: process.pid, label: '@nestjs/locks' }],
    });
    const waiting = locks.acquire('report');
    await waitUntil(
      async () => (await locks.inspect('report')).waiters.length === 1,
    );
    await one.release('report', 'a');
    const next = await waiting;
    const tokens = [
      lock.fencingToken,
      BigInt((taken as { fencingToken: number }).fencingToken),
      next.fencingToken,
    ];
    expect(tokens).toEqual([...tokens].sort((a, b) => (a < b ? -1 : 1)));
    expect(new Set(tokens).size).toBe(3);
    await next.release();
    await locks.close();
    await store.close();
  });

  it('keeps locks and growing tokens over a restart of etcd', async () => {
    const key = 'over a restart';
    const before = await one.acquire(key, 'a', 60_000);
    await etcd.member.restart();
    await waitUntil(() => other.renew(key, 'a', 60_000));
    expect(await other.acquire(key, 'b', 60_000)).toEqual({ acquired: false });
    expect(await other.release(key, 'a')).toBe(true);
    const after = await one.acquire(key, 'b', 60_000);
    expect(after).toMatchObject({ acquired: true });
    const tokens = [before, after] as { fencingToken: number }[];
    expect(tokens[1]!.fencingToken).toBeGreaterThan(tokens[0]!.fencingToken);
    await one.release(key, 'b');
  });
});
