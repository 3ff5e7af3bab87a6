import assert from 'node:assert/strict';
import { isLockError, type Lock } from '../../core/index.js';
import type { LockTable, LockWorld } from './lock-world.js';
import type { Party } from './party.js';

/** What must be true once `next` has taken over from `old`, and stay true whatever `old` does. */
async function assertTakenOver(
  world: LockWorld,
  { old, next, party }: { old: Lock; next: Lock; party: Party },
): Promise<void> {
  assert(!old.held);
  assert(old.signal.aborted);
  assert(isLockError(old.signal.reason, 'LOCK_LOST'));
  assert.throws(
    () => old.assertHeld(),
    (error) => isLockError(error, 'LOCK_LOST'),
  );
  assert(next.held);
  assert(next.fencingToken > old.fencingToken);
  assert(!(await party.isGuardedBy(old.guard())));
  await world.outcome(old.release());
  assert(next.held);
  assert(await party.isGuardedBy(next.guard()));
  assert.equal((await world.state(party)).holders.length, 1);
  const waiting = await world.queued(party, 1);
  await world.outcome(next.release());
  const last = await world.held(waiting);
  assert(last.fencingToken > next.fencingToken);
}

export const takeOverCases: LockTable = {
  'passes from a holder that fell silent to the one who waits, and not before the holder knows':
    async (world) => {
      const [dying, b, c] = [
        await world.party('2s'),
        await world.party(),
        await world.party(),
      ];
      const old = await world.outcome(dying.take());
      let toldAt: number | undefined;
      old.signal.addEventListener('abort', () => (toldAt = world.now));
      const waiting = await world.queued(b, 1);
      dying.cutOff();
      const next = await world.held(waiting);
      assert(toldAt !== undefined, 'the holder was told');
      assert(toldAt < world.now, 'the holder was told before');
      await assertTakenOver(world, { old, next, party: c });
    },

  'can be taken from a holder that fell silent by whoever comes then': async (
    world,
  ) => {
    const [dying, b, c] = [
      await world.party('2s'),
      await world.party(),
      await world.party(),
    ];
    const old = await world.outcome(dying.take());
    dying.cutOff();
    await world.eventually('the lock is lost', () => !old.held);
    const next = await world.outcome(b.take({ waitTimeout: '15s' }));
    await assertTakenOver(world, { old, next, party: c });
  },

  'is not harmed by what a silent holder sent, when that arrives at last':
    async (world) => {
      const [dying, b, c] = [
        await world.party('2s'),
        await world.party(),
        await world.party(),
      ];
      const old = await world.outcome(dying.take());
      const waiting = await world.queued(b, 1);
      dying.cutOff();
      const delayed = [old.release(), dying.take({ waitTimeout: '500ms' })];
      for (const each of delayed) each.catch(() => {});
      const next = await world.held(waiting);
      assert(next.fencingToken > old.fencingToken);
      dying.heal();
      await world.advance(500);
      assert(next.held);
      assert(await c.isGuardedBy(next.guard()));
      assert.equal((await world.state(c)).holders.length, 1);
      assert.equal(await world.outcome(c.try()), null);
    },

  'passes on when it is taken from its holder by force': async (world) => {
    const [a, b, c] = [
      await world.party(),
      await world.party(),
      await world.party(),
    ];
    const old = await world.outcome(a.take());
    const waiting = await world.queued(b, 1);
    assert.equal(await world.outcome(c.locks.forceRelease('the key')), 1);
    const next = await world.held(waiting);
    await world.eventually('the holder is told', () => old.signal.aborted);
    assert.equal(old.signal.reason.reason, 'taken');
    await assertTakenOver(world, { old, next, party: c });
  },
};
