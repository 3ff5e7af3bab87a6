import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AcquireOptions } from '../../lib/core/index.js';
import { LockWorld } from '../support/lock-world.js';

/** More take this process longer than a try waits, where two cores are shared. */
const CROWD = 2_000;

describe('two thousand callers on etcd', () => {
  let world: LockWorld;
  beforeAll(async () => {
    world = await LockWorld.start();
  });
  afterAll(() => world.stop());

  it.each<[string, AcquireOptions, number]>([
    ['a shared lock', { mode: 'shared' }, 3],
    // A hundred tickets in each commit.
    ['a semaphore for some hundred', { permits: 300 }, 6],
    ['an exclusive lock', {}, 3],
  ])('try %s in a few commits', async (key, options, commits) => {
    const { locks, store } = world.participant({ ttl: '60s' });
    await (await locks.acquire('other')).release();
    const before = store.count('transact');
    const got = await Promise.all(
      Array.from({ length: CROWD }, () => locks.tryAcquire(key, options)),
    );
    const admitted = got.filter((lock) => lock !== null);
    const { mode, permits } = options as { mode?: string; permits?: number };
    expect(admitted).toHaveLength(mode === 'shared' ? CROWD : (permits ?? 1));
    expect(store.count('transact') - before).toBeLessThanOrEqual(commits);
    await Promise.all(admitted.map((lock) => lock.release()));
    expect(await world.queued(key, 0)).toEqual([]);
  });

  it('wait for a lock and are served, all readers by one commit', async () => {
    const lock = await world.locks({ ttl: '60s' }).acquire('k');
    const { locks, store } = world.participant({ ttl: '60s' });
    await locks.acquire('another');
    const before = store.count('transact');
    const options = { mode: 'shared', waitTimeout: Infinity } as const;
    const waiting = Promise.all(
      Array.from({ length: CROWD }, () => locks.acquire('k', options)),
    );
    await world.queued('k', 2);
    await lock.release();
    const served = await waiting;
    expect(new Set(served.map(({ fencingToken }) => fencingToken)).size).toBe(
      1,
    );
    expect(store.count('transact') - before).toBeLessThan(5);
    await Promise.all(served.map((one) => one.release()));
  });
});
