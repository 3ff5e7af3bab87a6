import assert from 'node:assert/strict';
import type { ContractTable } from './contract-world.js';
import { compared, nested, put, range, remove } from './operations.js';
import { assertRefused } from './refusal.js';

export const nestedTransactionCases: ContractTable = {
  'runs nested transactions in their place and by their own branch': async (
    world,
  ) => {
    const absent = compared(world.key('k'), 'create', '=', 0n);
    const present = compared(world.key('k'), 'create', '>', 0n);
    const { revision, replies } = await world.commit(
      world.a,
      put(world.key('first')),
      nested({ compare: [absent], success: [put(world.key('second'))] }),
      nested({
        compare: [present],
        success: [put(world.key('never'))],
        failure: [range(world.all), put(world.key('third'))],
      }),
    );
    const [, second, third] = replies;
    assert.deepEqual(second, {
      kind: 'transaction',
      succeeded: true,
      replies: [{ kind: 'put' }],
    });
    assert(third?.kind === 'transaction' && third.replies.length === 2);
    assert.equal(third.succeeded, false);
    const [seen] = third.replies;
    assert(seen?.kind === 'range');
    assert.deepEqual(seen.keys.map(({ key }) => key).sort(), [
      world.key('first'),
      world.key('second'),
    ]);
    const { keys } = await world.read();
    assert.deepEqual(
      keys.map(({ createRevision }) => createRevision),
      [revision, revision, revision],
    );
  },

  'judges nested comparisons on the state before the whole transaction': async (
    world,
  ) => {
    await world.put('old');
    const stillAbsent = compared(world.key('new'), 'create', '=', 0n);
    const stillThere = compared(world.key('old'), 'version', '=', 1n);
    const compare = [stillAbsent, stillThere];
    const { replies } = await world.commit(
      world.a,
      put(world.key('new')),
      remove(world.key('old')),
      nested({
        compare,
        success: [nested({ compare, success: [put(world.key('deep'))] })],
      }),
    );
    const outer = replies[2];
    assert(outer?.kind === 'transaction');
    assert.equal(outer.succeeded, true);
    const inner = outer.replies[0];
    assert(inner?.kind === 'transaction');
    assert.equal(inner.succeeded, true);
    assert(await world.get('deep'));
  },

  'hides the changes of one nested transaction from the comparisons of the next':
    async (world) => {
      const compare = [compared(world.all, 'create', '=', 0n)];
      const { replies } = await world.commit(
        world.a,
        nested({ compare, success: [put(world.key('x'))] }),
        nested({ compare, success: [put(world.key('y'))] }),
      );
      assert.deepEqual(
        replies.map((reply) => reply.kind === 'transaction' && reply.succeeded),
        [true, true],
      );
    },

  'refuses a key put twice across nested transactions': async (world) => {
    const change = put(world.key('k'));
    for (const operations of [
      [change, nested({ success: [change] })],
      [nested({ success: [change] }), nested({ failure: [change] })],
      [remove(world.key('k')), nested({ success: [change] })],
    ]) {
      await assertRefused(world.commit(world.a, ...operations), 'invalid');
    }
    assert.equal((await world.read()).count, 0);
  },

  'lets both branches of one nested transaction put the same key': async (
    world,
  ) => {
    const either = nested({
      compare: [compared(world.key('k'), 'create', '>', 0n)],
      success: [put(world.key('k'), 'again')],
      failure: [put(world.key('k'), 'first')],
    });
    await assert.doesNotReject(world.commit(world.a, either));
    assert.equal((await world.get('k'))?.value, 'first');
  },

  'minds the lease of a nested put only where its branch is taken': async (
    world,
  ) => {
    const { id } = await world.grant();
    await world.a.revokeLease(id, world.call);
    const leased = put(world.key('leased'), '', id);
    const taken = nested({ success: [put(world.key('x')), leased] });
    const attempt = world.commit(world.a, put(world.key('y')), taken);
    await assertRefused(attempt, 'lease-not-found');
    assert.equal((await world.read()).count, 0);

    const notTaken = nested({
      success: [put(world.key('x'))],
      failure: [leased],
    });
    await assert.doesNotReject(world.commit(world.a, notTaken));
    assert(await world.get('x'));
  },
};
