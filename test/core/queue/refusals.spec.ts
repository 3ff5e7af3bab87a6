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
});
