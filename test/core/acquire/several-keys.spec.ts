import { describe, expect, it } from 'vitest';
import type { Lock, LockKey } from '../../../lib/core/index.js';
import { MemoryRoom } from '../../support/witness-room.js';
import { Witness } from '../../support/witness.js';
import { follow } from '../support/follow.js';
import { useWorld } from '../support/world.js';

const world = useWorld();

describe('several keys', () => {
  it('are taken in one transaction, at one revision', async () => {
    const { locks, traffic } = world().instance();
    const lock = await locks.acquire(['a', 'b', 'c']);
    expect(traffic.count('transact')).toBe(1);
    expect(lock).toMatchObject({ key: 'a, b, c', keys: ['a', 'b', 'c'] });
    const revisions = (await world().keys()).map((each) => each.createRevision);
    expect(revisions).toHaveLength(3);
    expect(new Set(revisions).size).toBe(1);
    expect(lock.guard()).toHaveLength(3);
  });

  it('are held only when all of them are free', async () => {
    const [a] = await world().queueUp(1, 'a');
    const [c] = await world().queueUp(1, 'c');
    const [both] = await world().queueUp(1, ['a', 'b', 'c']);
    const [b] = await world().queueUp(1, 'b');
    await c!.lock.release();
    await world().settle();
    expect(both!.call.state).toBe('pending');
    await a!.lock.release();
    await world().settle();
    expect(both!.lock.held).toBe(true);
    expect(b!.call.state).toBe('pending');
    expect(both!.lock.fencingToken).toBeGreaterThan(c!.lock.fencingToken);
    await both!.lock.release();
    await world().settle();
    expect(b!.lock.held).toBe(true);
  });

  it('leave nothing in any queue when the wait ends', async () => {
    await world().queueUp(1, 'b');
    const { locks } = world().instance();
    const call = follow(locks.acquire(['a', 'b', 'c'], { waitTimeout: '1s' }));
    await world().settle();
    expect(await world().keys()).toHaveLength(4);
    await world().advance(1_000);
    expect(call.error).toMatchObject({ code: 'LOCK_TIMEOUT', key: 'a, b, c' });
    expect(await world().keys()).toHaveLength(1);
  });

  it('are all lost when one of their tickets is deleted, and all released', async () => {
    const [holder] = await world().queueUp(1, ['a', 'b']);
    const [next] = await world().queueUp(1, 'a');
    await world().advance(1_000);
    const [ticket] = await world().tickets('b');
    await world().remove(ticket!.key);
    await world().settle();
    expect(holder!.lock.held).toBe(false);
    expect(next!.lock.held).toBe(true);
  });

  it('are busy for a try when one of them is, and then nothing is written', async () => {
    await world().queueUp(1, 'b');
    const { locks } = world().instance();
    const { revision } = world().cluster;
    expect(await locks.tryAcquire(['a', 'b'])).toBeNull();
    expect(world().cluster.revision).toBe(revision);
    const free = await locks.tryAcquire(['a', 'c']);
    expect(free?.held).toBe(true);
  });

  it('never wait for each other in a circle, whatever their order', async () => {
    const keys: LockKey[] = [
      ['a', 'b'],
      ['b', 'c'],
      ['c', 'a'],
      ['c', 'b', 'a'],
      'a',
      'b',
    ];
    const witness: Record<string, Witness> = {
      a: new Witness(new MemoryRoom()),
      b: new Witness(new MemoryRoom()),
      c: new Witness(new MemoryRoom()),
    };
    const work = async (lock: Lock) => {
      const pause = new Promise<void>((resolve) =>
        world().clock.setTimer(5, resolve),
      );
      await Promise.all(
        lock.keys.map((key) => witness[key]!.attend(lock, pause)),
      );
    };
    const instances = [1, 2, 3].map(() => world().instance());
    const tasks = [1, 2, 3].flatMap(() =>
      keys.flatMap((key) =>
        instances.map(({ locks }) =>
          locks.withLock(key, { waitTimeout: Infinity }, work),
        ),
      ),
    );
    await world().outcome(Promise.all(tasks), 2_000);
    for (const one of Object.values(witness))
      expect(one).toMatchObject({ violations: [], tokensGrow: true });
    expect(witness['a']!.tokens).toHaveLength(36);
  });

  it('fit one transaction up to the limit, also when they are given back', async () => {
    const keys = Array.from({ length: 50 }, (_, index) => `k${index}`);
    const { locks, traffic } = world().instance();
    const lock = await locks.acquire(keys, { minHold: '1s' });
    await lock.release();
    await world().advance(1_000);
    const again = await locks.tryAcquire(keys);
    await again!.release();
    expect(await world().keys()).toEqual([]);
    expect(traffic.count('transact')).toBe(4);
  });
});
