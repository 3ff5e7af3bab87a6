import assert from 'node:assert/strict';
import type { Lock } from '../../core/index.js';
import type { LockTable } from './lock-world.js';

export const tokenCases: LockTable = {
  'gives every holder a greater token than the one before it': async (
    world,
  ) => {
    const [a, b] = [await world.party(), await world.party()];
    let last = { party: b, token: 0n };
    for (const party of [a, b, a, a, b]) {
      for (const take of [() => party.take(), () => party.try()]) {
        const lock = await world.outcome(take());
        const token = lock?.fencingToken ?? 0n;
        const kept = world.way.kept && last.party === party;
        assert(kept ? token === last.token : token > last.token);
        last = { party, token };
        await world.outcome(lock!.release());
      }
    }
  },

  'gives whoever waited a greater token than those who left meanwhile': async (
    world,
  ) => {
    const [a, b, c] = [
      await world.party(),
      await world.party(),
      await world.party(),
    ];
    let holder: Lock = await world.outcome(a.take());
    const second = await world.queued(b, 1);
    const third = await world.queued(c, 2);
    for (const fate of [second, third]) {
      const last = holder.fencingToken;
      await world.outcome(holder.release());
      holder = await world.held(fate);
      assert(holder.fencingToken > last);
    }
  },

  'never changes a token while the lock is held': async (world) => {
    const [a, b] = [await world.party(), await world.party()];
    const lock = await world.outcome(a.take());
    const { fencingToken } = lock;
    await world.queued(b, 1);
    assert.equal(lock.fencingToken, fencingToken);
  },

  'guards a transaction for as long as the key is owned': async (world) => {
    const [a, b] = [await world.party(), await world.party()];
    const lock = await world.outcome(a.take());
    const guard = lock.guard();
    assert(await b.isGuardedBy(guard));
    await world.outcome(lock.transaction({ success: [] }));
    await world.outcome(lock.release());
    const next = await world.outcome(b.take());
    assert(!(await b.isGuardedBy(guard)));
    assert(await a.isGuardedBy(next.guard()));
  },
};
