import assert from 'node:assert/strict';
import type { Lock } from '../../core/index.js';
import type { LockTable } from './lock-world.js';
import type { Party } from './party.js';

export const exclusionCases: LockTable = {
  'gives a free key at once': async (world) => {
    const a = await world.party();
    const lock = await world.outcome(a.take());
    assert(lock.held);
    assert(lock.remaining() > 0);
    lock.assertHeld();
    assert(lock.keys.includes('the key'));
    await world.outcome(lock.release());
    const again = await world.outcome(a.try());
    assert(again?.held);
  },

  'admits nobody else while it is held': async (world) => {
    const [a, b] = [await world.party(), await world.party()];
    const lock = await world.outcome(a.take());
    const waiting = await world.queued(b, 1);
    for (const party of [a, b]) {
      assert.equal(await world.outcome(party.try()), null);
      assert.equal(await world.outcome(party.tryAsRival()), null);
    }
    assert(lock.held);
    assert(!waiting.known);
    await world.outcome(lock.release());
    const next = await world.held(waiting);
    assert(next.held);
    assert(!lock.held);
    assert.equal(await world.outcome(a.try()), null);
  },

  'keeps a rival out, and is kept out by one': async (world) => {
    const [a, b, c] = [
      await world.party(),
      await world.party(),
      await world.party(),
    ];
    const rival = await world.outcome(b.takeAsRival());
    assert.equal(await world.outcome(a.try()), null);
    const waiting = await world.queued(a, 1);
    assert.equal(await world.outcome(c.tryAsRival()), null);
    await world.outcome(rival.release());
    const lock = await world.held(waiting);
    assert.equal(await world.outcome(b.tryAsRival()), null);
    await world.outcome(lock.release());
    const after = await world.outcome(c.tryAsRival());
    assert(after?.held);
    assert(after.fencingToken > lock.fencingToken);
  },

  'admits one at a time of many callers of several clients': async (world) => {
    const parties = [
      await world.party(),
      await world.party(),
      await world.party(),
    ];
    let inside = 0;
    let served = 0;
    const visits: { party: Party; token: bigint }[] = [];
    const work = async (party: Party, lock: Lock) => {
      assert.equal((inside += 1), 1);
      visits.push({ party, token: lock.fencingToken });
      await Promise.resolve();
      lock.assertHeld();
      inside -= 1;
      served += 1;
    };
    const tasks = parties.flatMap((party) =>
      Array.from({ length: 6 }, () => party.with((lock) => work(party, lock))),
    );
    await world.outcome(Promise.all(tasks));
    assert.equal(served, 18);
    for (const [index, { party, token }] of visits.slice(1).entries()) {
      const before = visits[index]!;
      // Whether others have come in the meantime is a matter of luck.
      const isKept = world.way.kept && party === before.party;
      assert(isKept ? token >= before.token : token > before.token);
    }
  },

  'serves waiters of several clients in the order in which they came': async (
    world,
  ) => {
    const holder = await world.outcome((await world.party()).take());
    const waiting = [];
    for (let place = 1; place <= 5; place += 1)
      waiting.push(await world.queued(await world.party(), place));
    let previous = holder;
    for (const [index, fate] of waiting.entries()) {
      await world.outcome(previous.release());
      previous = await world.held(fate);
      for (const later of waiting.slice(index + 1)) assert(!later.known);
    }
  },

  'leaves other keys alone': async (world) => {
    const [a, b] = [await world.party(), await world.party()];
    const lock = await world.outcome(a.take());
    for (const key of ['the key/x', 'the key%', 'The key', 'the key 2']) {
      const other = await world.outcome(b.try(key));
      assert(other?.held, key);
      await world.outcome(other.release());
    }
    assert(lock.held);
  },
};
