import { describe, expect, it } from 'vitest';
import type { AcquireOptions, LockKey } from '../../../lib/core/index.js';
import { useWorld } from '../support/world.js';

const world = useWorld();

const CROWD = 10_000;
const MODES: readonly [string, AcquireOptions, LockKey][] = [
  ['exclusive', {}, 'k'],
  ['shared', { mode: 'shared' }, 'k'],
  ['permits for all', { permits: CROWD }, 'k'],
  ['permits for some', { permits: 7 }, 'k'],
  ['several keys', {}, ['k', 'l']],
  ['leases of their own', { dedicatedLease: true }, 'k'],
];

describe('a crowd that tries one free key', () => {
  it.each(MODES)(
    'costs a few commits: %s',
    async (mode, options, key) => {
      const { locks, traffic } = world().instance();
      await locks.acquire('other');
      const before = traffic.count('transact');
      const got = await world().outcome(
        Promise.all(
          Array.from({ length: CROWD }, () => locks.tryAcquire(key, options)),
        ),
      );
      const together = { shared: CROWD, 'permits for all': CROWD };
      const admitted = { ...together, 'permits for some': 7 }[mode] ?? 1;
      const held = got.filter((lock) => lock !== null);
      expect(held).toHaveLength(admitted);
      // A hundred tickets go into one commit.
      const commits = mode === 'permits for all' ? CROWD / 100 : 3;
      expect(traffic.count('transact') - before).toBeLessThanOrEqual(commits);
      await world().outcome(Promise.all(held.map((lock) => lock.release())));
      expect(traffic.count('transact') - before).toBeLessThan(commits * 2 + 10);
    },
    60_000,
  );
});

describe('a crowd of processes that tries one free key', () => {
  const PROCESSES = 40;

  it.each([
    ['shared', { mode: 'shared' } as const, 'k', PROCESSES],
    [
      'shared, several keys',
      { mode: 'shared' } as const,
      ['k', 'l'],
      PROCESSES,
    ],
    ['permits for all', { permits: PROCESSES }, 'k', PROCESSES],
    ['permits for some', { permits: 7 }, 'k', 7],
    ['exclusive', {}, 'k', 1],
  ])(
    'costs each of them a few transactions: %s',
    async (_mode, options, key, admitted) => {
      const crowd = Array.from({ length: PROCESSES }, () => world().instance());
      for (const { locks } of crowd)
        await locks.acquire(`own ${String(key)}`, { mode: 'shared' });
      const sent = () =>
        crowd.reduce((sum, { traffic }) => sum + traffic.count('transact'), 0);
      const before = sent();
      const got = await world().outcome(
        Promise.all(crowd.map(({ locks }) => locks.tryAcquire(key, options))),
      );
      expect(got.filter((lock) => lock !== null)).toHaveLength(admitted);
      expect(await world().tickets('k')).toHaveLength(admitted);
      expect(sent() - before).toBeLessThanOrEqual(4 * PROCESSES);
    },
  );
});

describe('a crowd that waits for one key', () => {
  it.each(MODES)(
    'is served, by no more commits than can be: %s',
    async (mode, options, key) => {
      const holder = world().instance();
      const lock = await holder.locks.acquire(key);
      const { locks, traffic } = world().instance();
      await locks.acquire('other');
      const before = traffic.count('transact');
      let served = 0;
      const waiting = Array.from({ length: CROWD }, async () => {
        const own = await locks.acquire(key, {
          ...options,
          waitTimeout: Infinity,
        });
        served += 1;
        void own.release();
      });
      await world().settle();
      expect(served).toBe(0);
      await lock.release();
      await world().outcome(Promise.all(waiting), 60_000);
      expect(served).toBe(CROWD);
      const commits = traffic.count('transact') - before;
      // As many as may hold it together come in together, fifty to a commit where others leave.
      const atMost: Record<string, number> = {
        shared: 5,
        'permits for all': CROWD / 50,
        'permits for some': CROWD / 6,
      };
      expect(commits).toBeLessThan(atMost[mode] ?? CROWD * 1.01);
    },
    60_000,
  );
});
