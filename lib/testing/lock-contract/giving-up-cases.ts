import assert from 'node:assert/strict';
import { isLockError, type Lock } from '../../core/index.js';
import type { LockTable, LockWorld } from './lock-world.js';
import type { Party } from './party.js';

/** Nobody waits, and whoever comes after the holder gets the key. */
async function assertNobodyLeft(
  world: LockWorld,
  party: Party,
  holder: Lock,
): Promise<void> {
  const { holders, waiters } = await world.state(party);
  assert.deepEqual([holders.length, waiters.length], [1, 0]);
  assert(holder.held);
  await world.outcome(holder.release());
  const next = await world.outcome(party.try());
  assert(next?.held);
}

export const givingUpCases: LockTable = {
  'ends a wait after waitTimeout with LockTimeoutError and leaves nothing':
    async (world) => {
      const [a, b] = [await world.party(), await world.party()];
      const holder = await world.outcome(a.take());
      // Connecting is not part of the wait: a store that does not answer ends it in another way.
      assert.equal(await world.outcome(b.try()), null);
      const error = await world.failure(b.take({ waitTimeout: '1s' }));
      assert(isLockError(error, 'LOCK_TIMEOUT'), String(error));
      assert(error.waitedMs >= 1000);
      await assertNobodyLeft(world, b, holder);
    },

  'ends a wait with the reason of its signal and leaves nothing': async (
    world,
  ) => {
    const [a, b] = [await world.party(), await world.party()];
    const holder = await world.outcome(a.take());
    const abort = new AbortController();
    const waiting = await world.queued(b, 1, { signal: abort.signal });
    const reason = new Error('enough');
    abort.abort(reason);
    await world.eventually('the wait has ended', () => waiting.known);
    assert.equal(waiting.error, reason);
    await assertNobodyLeft(world, b, holder);
  },

  'does not ask at all when its signal has aborted before': async (world) => {
    const a = await world.party();
    const signal = AbortSignal.abort('too late');
    assert.equal(await world.failure(a.take({ signal })), 'too late');
    assert.equal((await world.state(a)).holders.length, 0);
  },

  'leaves nothing when it was given up and its request arrives only then':
    async (world) => {
      const [a, b] = [await world.party(), await world.party('2s')];
      const holder = await world.outcome(a.take());
      // With its lease, and with more patience than a try has on a lease this short.
      const other = await world.outcome(b.take({}, 'another key'));
      await world.outcome(other.release());
      b.delayNextTransaction();
      await world.failure(b.take({ waitTimeout: '800ms' }));
      await world.eventually('its tickets are out', async () => {
        return (await world.state(a)).waiters.length === 0;
      });
      b.heal();
      await world.advance(500);
      await assertNobodyLeft(world, b, holder);
    },

  'takes no notice of its signal once the key is held': async (world) => {
    const a = await world.party();
    const abort = new AbortController();
    const lock = await world.outcome(a.take({ signal: abort.signal }));
    abort.abort();
    assert(lock.held);
    assert(!lock.signal.aborted);
  },

  'does not wait with waitTimeout 0, nor with tryAcquire, and leaves nothing':
    async (world) => {
      const [a, b] = [await world.party(), await world.party()];
      const holder = await world.outcome(a.take());
      assert.equal(await world.outcome(b.try()), null);
      const error = await world.failure(b.take({ waitTimeout: 0 }));
      assert(isLockError(error, 'LOCK_BUSY'), String(error));
      await assertNobodyLeft(world, b, holder);
    },

  'passes over a waiter that has given up': async (world) => {
    const [a, b, c] = [
      await world.party(),
      await world.party(),
      await world.party(),
    ];
    const holder = await world.outcome(a.take());
    const abort = new AbortController();
    const leaving = await world.queued(b, 1, { signal: abort.signal });
    const staying = await world.queued(c, 2);
    abort.abort();
    await world.eventually('the wait has ended', () => leaving.known);
    assert(!staying.known);
    await world.outcome(holder.release());
    assert((await world.held(staying)).held);
  },

  'lets nobody overtake those who wait': async (world) => {
    const [a, b, c] = [
      await world.party(),
      await world.party(),
      await world.party(),
    ];
    const holder = await world.outcome(a.take());
    const waiting = await world.queued(b, 1);
    const released = holder.release();
    const tried = await world.outcome(c.try());
    await world.outcome(released);
    const lock = await world.held(waiting);
    assert.equal(tried, null);
    assert(lock.held);
  },
};
