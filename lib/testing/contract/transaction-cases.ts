import assert from 'node:assert/strict';
import type { LockStore } from '../../core/index.js';
import type { ContractTable } from './contract-world.js';
import { compared, put, range, remove } from './operations.js';
import { assertRefused } from './refusal.js';

export const transactionCases: ContractTable = {
  'shows every client at once what another has written': async (world) => {
    for (let round = 0; round < 20; round += 1) {
      const odd = round % 2 === 1;
      const writer = odd ? world.a : world.b;
      const reader = odd ? world.b : world.a;
      const revision = await world.put('k', `${round}`, undefined, writer);
      const seen = await world.read(world.all, reader);
      assert.equal(seen.keys[0]?.value, `${round}`);
      assert.equal(seen.revision, revision);
    }
  },

  'applies a transaction at one revision of its own': async (world) => {
    const before = await world.put('before');
    const { revision } = await world.commit(
      world.a,
      put(world.key('x')),
      put(world.key('y')),
    );
    assert(revision > before);
    for (const name of ['x', 'y']) {
      const stored = await world.get(name);
      assert.equal(stored?.createRevision, revision);
      assert.equal(stored.modRevision, revision);
    }
    assert((await world.put('after')) > revision);
  },

  'keeps its revision when a transaction changes nothing': async (world) => {
    const revision = await world.put('k');
    const idle = await world.transact({
      compare: [compared(world.key('k'), 'create', '=', 0n)],
      success: [put(world.key('never'))],
      failure: [remove(world.key('absent')), range(world.all)],
    });
    assert.equal(idle.revision, revision);
    assert.equal((await world.read()).revision, revision);
  },

  'keeps the create revision of a key that is put again': async (world) => {
    const created = await world.put('k', 'one');
    await world.put('other');
    const modified = await world.put('k', 'two', undefined, world.b);
    assert.deepEqual(await world.get('k'), {
      key: world.key('k'),
      value: 'two',
      createRevision: created,
      modRevision: modified,
      version: 2n,
      lease: 0n,
    });
  },

  'gives a key that was deleted a new, greater create revision': async (
    world,
  ) => {
    await world.put('k');
    await world.put('k');
    assert.equal((await world.get('k'))?.version, 2n);
    const deleted = await world.remove('k');
    assert.equal(await world.get('k'), undefined);
    const created = await world.put('k');
    const stored = await world.get('k');
    assert(created > deleted);
    assert.equal(stored?.createRevision, created);
    assert.equal(stored.version, 1n);
  },

  'runs the success branch only when every comparison holds': async (world) => {
    await world.put('k');
    const exists = compared(world.key('k'), 'version', '=', 1n);
    const absent = compared(world.key('k'), 'create', '=', 0n);
    const branches = {
      success: [put(world.key('success'))],
      failure: [put(world.key('failure'))],
    };
    const failed = await world.transact({
      compare: [exists, absent],
      ...branches,
    });
    assert.equal(failed.succeeded, false);
    assert.equal(await world.get('success'), undefined);
    assert(await world.get('failure'));

    await world.remove('failure');
    const succeeded = await world.transact({ compare: [exists], ...branches });
    assert.equal(succeeded.succeeded, true);
    assert(await world.get('success'));
    assert.equal(await world.get('failure'), undefined);
  },

  'shows operations what earlier ones of the transaction did': async (
    world,
  ) => {
    await world.put('old');
    const { revision, replies } = await world.commit(
      world.a,
      put(world.key('new'), 'value'),
      range(world.all),
      remove(world.key('old')),
      range(world.all),
    );
    const [putting, both, removal, one] = replies;
    assert.deepEqual(putting, { kind: 'put' });
    assert(both?.kind === 'range' && one?.kind === 'range');
    assert.deepEqual(
      both.keys.map(({ key }) => key),
      [world.key('old'), world.key('new')],
    );
    assert.equal(both.keys[1]?.createRevision, revision);
    assert.deepEqual(removal, { kind: 'delete', deleted: 1 });
    assert.deepEqual(
      one.keys.map(({ key, value }) => [key, value]),
      [[world.key('new'), 'value']],
    );
  },

  'deletes exactly the keys of a range and counts them': async (world) => {
    for (const name of ['a', 'b', 'c', 'd']) await world.put(name);
    const { replies } = await world.commit(
      world.a,
      remove(world.key('b'), world.key('d')),
    );
    assert.deepEqual(replies, [{ kind: 'delete', deleted: 2 }]);
    assert.deepEqual(
      (await world.read()).keys.map(({ key }) => key),
      [world.key('a'), world.key('d')],
    );
  },

  'refuses a key that is put twice and applies nothing': async (world) => {
    const twice = world.commit(
      world.a,
      put(world.key('other')),
      put(world.key('k'), 'one'),
      put(world.key('k'), 'two'),
    );
    await assertRefused(twice, 'invalid');
    assert.equal((await world.read()).count, 0);
  },

  'refuses a key that is put and deleted and applies nothing': async (
    world,
  ) => {
    await world.put('k', 'before');
    for (const removal of [
      remove(world.key('k')),
      remove(world.all.key, world.all.end),
    ]) {
      const both = world.commit(world.a, removal, put(world.key('k'), 'after'));
      await assertRefused(both, 'invalid');
    }
    assert.equal((await world.get('k'))?.value, 'before');
  },

  'lets exactly one of many concurrent creators succeed': async (world) => {
    const compare = [compared(world.key('k'), 'create', '=', 0n)];
    const attempts = Array.from({ length: 16 }, (_, i) =>
      world.transact(
        { compare, success: [put(world.key('k'), `${i}`)] },
        i % 2 ? world.a : world.b,
      ),
    );
    const winners = (await Promise.all(attempts)).flatMap(
      ({ succeeded, revision }, i) => (succeeded ? [{ i, revision }] : []),
    );
    assert.equal(winners.length, 1);
    const stored = await world.get('k');
    assert.equal(stored?.value, `${winners[0]?.i}`);
    assert.equal(stored.createRevision, winners[0]?.revision);
    assert.equal(stored.version, 1n);
  },

  'loses no update of concurrent writers that compare': async (world) => {
    await world.put('counter', '0');
    const increment = async (store: LockStore) => {
      for (let attempt = 0; attempt < 1000; attempt += 1) {
        const before = await world.get('counter', store);
        assert(before);
        const unchanged = before.modRevision;
        const { succeeded } = await world.transact(
          {
            compare: [compared(world.key('counter'), 'mod', '=', unchanged)],
            success: [put(before.key, `${Number(before.value) + 1}`)],
          },
          store,
        );
        if (succeeded) return;
      }
      assert.fail('no attempt succeeded');
    };
    const writers = Array.from({ length: 8 }, (_, i) =>
      increment(i % 2 ? world.a : world.b),
    );
    await Promise.all(writers);
    assert.equal((await world.get('counter'))?.value, '8');
  },
};
