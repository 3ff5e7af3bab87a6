import { describe, expect, it } from 'vitest';
import { LockWorld } from '../support/lock-world.js';
import { waitUntil } from '../support/wait-until.js';

// Longer than a restart takes: the lease has to be renewed in time afterwards.
const TTL = 15_000;

describe.concurrent.each([1, 3] as const)(
  'when etcd restarts (members: %i)',
  (members) => {
    async function restart({ etcd }: LockWorld): Promise<void> {
      const all = etcd.members;
      await Promise.all(all.map((member) => member.kill()));
      for (const member of all) member.launch();
      await Promise.all(all.map((member) => member.healthy()));
    }

    it('holders keep their locks, waiters their places, and tokens grow', async (context) => {
      const world = await LockWorld.startFor(context, { members });
      const [holder, waiter, last] = [1, 2, 3].map(() =>
        world.participant({ ttl: TTL, waitTimeout: '1m' }),
      );
      const before = await holder!.locks.acquire('other');
      await before.release();
      const lock = await holder!.locks.acquire('kept');
      const turn = waiter!.locks.acquire('kept');
      const standing = await world.queued('kept', 2);

      await restart(world);
      const restarted = performance.now();
      await waitUntil(
        () => holder!.store.leaseSafeUntil > restarted + TTL / 2,
        {
          timeoutMs: TTL,
        },
      );
      expect(lock.held).toBe(true);
      expect(await world.queued('kept', 2)).toEqual(standing);
      const lastTurn = last!.locks.acquire('kept');
      await world.queued('kept', 3);

      await lock.release();
      const next = await turn;
      expect(next.fencingToken).toBeGreaterThan(lock.fencingToken);
      await next.release();
      expect((await lastTurn).fencingToken).toBeGreaterThan(next.fencingToken);
      const after = await holder!.locks.acquire('other');
      expect(after.fencingToken).toBeGreaterThan(before.fencingToken);
    });
  },
);
