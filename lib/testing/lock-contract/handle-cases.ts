import assert from 'node:assert/strict';
import { isLockError } from '../../core/index.js';
import type { LockTable } from './lock-world.js';

export const handleCases: LockTable = {
  'is not held from the moment of the release, and says so without a loss':
    async (world) => {
      const a = await world.party();
      const lock = await world.outcome(a.take());
      const { signal } = lock;
      const released = lock.release();
      assert(!lock.held);
      assert.equal(lock.remaining(), 0);
      assert.throws(
        () => lock.assertHeld(),
        (error) => isLockError(error, 'LOCK_NOT_HELD'),
      );
      await world.outcome(released);
      assert(!signal.aborted);
    },

  'is released once: a second release does nothing to the next holder': async (
    world,
  ) => {
    const [a, b] = [await world.party(), await world.party()];
    const lock = await world.outcome(a.take());
    await world.outcome(lock.release());
    const next = await world.outcome(b.take());
    await world.outcome(lock.release());
    await lock[Symbol.asyncDispose]();
    assert(next.held);
    assert.equal((await world.state(a)).holders.length, 1);
    assert.equal(await world.outcome(a.try()), null);
  },

  'can be taken right after a release that nobody awaited': async (world) => {
    const a = await world.party();
    for (let round = 0; round < 3; round += 1) {
      const lock = await world.outcome(a.take());
      void lock.release();
    }
    assert((await world.outcome(a.take())).held);
  },

  'shows who holds it and who waits for it, in the order of the queue': async (
    world,
  ) => {
    const [a, b, c] = [
      await world.party(),
      await world.party(),
      await world.party(),
    ];
    await world.outcome(a.take({ metadata: { who: 'a' } }));
    await world.queued(b, 1, { metadata: { who: 'b' } });
    await world.queued(c, 2, { metadata: { who: 'c' } });
    const { holders, waiters } = await world.state(b);
    assert.deepEqual(
      [holders, waiters].map((each) =>
        each.map(({ metadata }) => metadata?.['who']),
      ),
      [['a'], ['b', 'c']],
    );
  },

  'is held for the time of a function, and given back when that fails': async (
    world,
  ) => {
    const [a, b] = [await world.party(), await world.party()];
    const failing = a.with(async (lock) => {
      assert(lock.held);
      assert.equal(await b.try(), null);
      throw new Error('mine');
    });
    assert.match(String(await world.failure(failing)), /mine/);
    assert((await world.outcome(b.try()))?.held);
  },

  'is had again at once by the function that holds it': async (world) => {
    const a = await world.party();
    const nested = a.with((outer) =>
      a.with((inner) => {
        assert.equal(inner.fencingToken, outer.fencingToken);
        return 'nested';
      }),
    );
    assert.equal(await world.outcome(nested), 'nested');
    const left = world.way.kept ? 1 : 0;
    assert.equal((await world.state(a)).holders.length, left);
  },

  'keeps others out for minHold, also after an early release': async (
    world,
  ) => {
    const [a, b] = [await world.party(), await world.party()];
    const begin = world.now;
    const lock = await world.outcome(a.take({ minHold: '1s', keep: 0 }));
    const taken = world.now;
    await world.outcome(lock.release());
    assert.equal(await world.outcome(b.try()), null);
    const waiting = await world.queued(b, 1);
    assert((await world.held(waiting)).held);
    assert(world.now - begin >= 1_000);
    // etcd’s shortest lease is longer, and this process ends it sooner.
    assert(world.now - taken < 10_000);
  },

  'is lost after maxHold, and passes on': async (world) => {
    const [a, b] = [await world.party(), await world.party()];
    const lock = await world.outcome(a.take({ maxHold: '300ms' }));
    const { signal } = lock;
    const waiting = await world.queued(b, 1);
    assert((await world.held(waiting)).held);
    assert(!lock.held);
    assert(isLockError(signal.reason, 'LOCK_LOST'));
    assert.equal(signal.reason.reason, 'max-hold');
  },

  'is given back when its client is closed, which turns waiters away': async (
    world,
  ) => {
    const [a, b, c] = [
      await world.party(),
      await world.party(),
      await world.party(),
    ];
    const lock = await world.outcome(a.take());
    const closing = await world.queued(b, 1);
    const staying = await world.queued(c, 2);
    await world.outcome(b.locks.close());
    assert(isLockError(closing.error, 'LOCK_CLOSED'), String(closing.error));
    await world.outcome(a.locks.close());
    assert(!lock.held);
    assert((await world.held(staying)).held);
  },
};
