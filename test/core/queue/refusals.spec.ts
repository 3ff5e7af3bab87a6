import { describe, expect, it } from 'vitest';
import { follow } from '../support/follow.js';
import { refusal } from '../support/network.js';
import { useWorld } from '../support/world.js';

const world = useWorld();

describe('an etcd that refuses', () => {
  it.each(['permission-denied', 'unauthenticated'] as const)(
    'in the middle of a wait ends the wait with its reason (%s)',
    async (reason) => {
      const [holder] = await world().queueUp(1);
      const { locks, network } = world().instance();
      const call = follow(locks.acquire('k', { waitTimeout: Infinity }));
      await world().settle();
      network.refuse({ error: refusal(reason), times: Infinity });
      await world().advance(10_000);
      expect(call.error).toMatchObject({
        code: 'LOCK_STORE',
        message: expect.stringContaining(reason),
      });
      network.heal();
      await world().advance(60_000);
      // The lease that kept the ticket alive is given up.
      expect(await world().tickets('k')).toHaveLength(1);
      expect(holder!.lock.held).toBe(true);
    },
  );

  it('in the middle of a wait ends the wait with its reason', async () => {
    await world().queueUp(1);
    const { locks, network } = world().instance();
    const call = follow(locks.acquire('k', { waitTimeout: '6s' }));
    await world().settle();
    network.refuse({ error: refusal(), times: Infinity });
    await world().advance(8_000);
    expect(call.error).toMatchObject({
      code: 'LOCK_STORE',
      message: expect.stringContaining('permission-denied'),
    });
    network.heal();
  });

  describe('to show a holder its ticket, once its watch is broken,', () => {
    async function heldBehind() {
      const { locks, network } = world().instance();
      const lock = await locks.acquire('k');
      await world().advance(500);
      return { lock, network };
    }

    it('takes the lock when it goes on to', async () => {
      const { lock, network } = await heldBehind();
      network.refuse({ on: 'transact', error: refusal(), times: Infinity });
      network.endWatches();
      await world().advance(4_000);
      expect(lock.held).toBe(true);
      await world().advance(4_000);
      expect(lock.signal.reason).toMatchObject({
        reason: 'taken',
        message: expect.stringContaining('permission-denied'),
      });
    });

    it('takes nothing when that passes', async () => {
      const { lock, network } = await heldBehind();
      for (let round = 0; round < 3; round += 1) {
        const refused = network.refuse({
          ...{ on: 'transact', error: refusal(), times: Infinity },
        });
        network.endWatches();
        await world().advance(3_000);
        refused.lift();
        await world().advance(3_000);
      }
      expect(lock.held).toBe(true);
    });

    it('and to watch it: what it may read tells it that the lock was taken away', async () => {
      const { lock, network } = await heldBehind();
      network.watch = (_range, listener) => {
        void Promise.resolve().then(() => listener.ended(refusal()));
        return { cancel: () => {} };
      };
      network.endWatches();
      await world().advance(2_000);
      expect(lock.held).toBe(true);
      await world().remove(lock.guard()[0]!.range.key);
      await world().advance(2_000);
      expect(lock.signal.reason).toMatchObject({ reason: 'taken' });
    });
  });

  it('to remove a ticket has the release say so, and takes no more locks on that lease', async () => {
    const { locks, network, traffic } = world().instance();
    const kept = await locks.acquire('other');
    const lock = await locks.acquire('k');
    network.refuse({ error: refusal(), times: 1 });
    expect(await world().failure(lock.release())).toMatchObject({
      code: 'LOCK_STORE',
      message: expect.stringContaining('permission-denied'),
    });
    expect(lock.held).toBe(false);
    expect(kept.held).toBe(true);
    await locks.acquire('third');
    expect(traffic.leases).toHaveLength(2);
    // The last of its locks takes the lease along, and the ticket with it.
    await kept.release();
    await world().settle();
    expect(await world().tickets('k')).toEqual([]);
  });

  it('to remove a ticket removes it once it does so no longer, though its lease is in use', async () => {
    const { locks, network } = world().instance();
    const other = world().instance();
    const kept = await locks.acquire('other');
    const lock = await locks.acquire('k');
    await world().advance(4_000);
    const refused = (['transact', 'attachedKeys'] as const).map((on) =>
      network.refuse({ on, error: refusal(), times: Infinity }),
    );
    await world().failure(lock.release());
    // The renewal at 5 s looks for it in vain.
    await world().advance(2_000);
    expect(refused[1]!.hits).toBe(1);
    for (const fault of refused) fault.lift();
    const next = follow(other.locks.acquire('k', { waitTimeout: Infinity }));
    // That at 10 s.
    await world().advance(6_000);
    expect(next.value?.held).toBe(true);
    expect(kept.held).toBe(true);
  });
});
