import assert from 'node:assert/strict';
import type { ContractTable } from './contract-world.js';
import { put, range, transactionOf } from './operations.js';
import { assertRefused, refusal } from './refusal.js';

export const closingCases: ContractTable = {
  'refuses every call after close': async (world) => {
    const { id } = await world.grant();
    const store = await world.connect();
    await store.close();
    for (const attempt of [
      () => store.grantLease(60, world.call),
      () => store.keepAlive(id, world.call),
      () => store.revokeLease(id, world.call),
      () => store.read(range(world.all), world.call),
      () => world.commit(store, put(world.key('k'))),
    ]) {
      await assertRefused(attempt(), 'closed');
    }
    assert.equal(await world.get('k'), undefined);
    assert.notEqual(await world.a.keepAlive(id, world.call), 'gone');
  },

  'rejects the calls that are under way when it closes': async (world) => {
    const store = await world.connect();
    const attempts = [
      store.grantLease(2, world.call),
      store.read(range(world.all), world.call),
      store.transact(
        transactionOf({ success: [put(world.key('k'))] }),
        world.call,
      ),
    ].map(refusal);
    await Promise.all([...attempts, store.close()]);
  },

  'closes twice without harm': async (world) => {
    const store = await world.connect();
    const together = Promise.all([store.close(), store.close()]);
    await assert.doesNotReject(together);
    await assert.doesNotReject(store.close());
  },
};
