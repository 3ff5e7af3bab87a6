import assert, { AssertionError } from 'node:assert';
import { describe, expect, it } from 'vitest';
import { MemoryCluster, MemoryStore } from '../../lib/memory/index.js';
import { ManualClock } from '../../lib/testing/manual-clock.js';
import { storeContract } from '../../lib/testing/store-contract.js';
import { brokenLeases } from './broken-leases.js';
import { brokenReads } from './broken-reads.js';
import { connectBroken, type Defect } from './broken-store.js';
import { brokenTransactions } from './broken-transactions.js';
import { brokenWatches } from './broken-watches.js';

const broken = Object.entries({
  ...brokenTransactions,
  ...brokenReads,
  ...brokenLeases,
  ...brokenWatches,
});

function contractOf(defect: Defect) {
  return storeContract(() => {
    const clock = new ManualClock();
    const cluster = new MemoryCluster({ clock });
    return {
      connect: async () => connectBroken(defect, cluster),
      clock,
      advance: (ms) => clock.advance(ms),
      dispose: async () => {},
    };
  });
}

describe('the store contract', () => {
  it('accepts a store that is not broken', async () => {
    for (const { run } of contractOf(() => ({}))) await run();
  });

  it.each(broken)(
    'catches a store that %s',
    async (_, { defect, caughtBy }) => {
      const found = contractOf(defect).find(({ name }) => name === caughtBy);
      await expect(found?.run()).rejects.toBeInstanceOf(AssertionError);
    },
  );

  it('reports what broke first, not that it could not clean up', async () => {
    const unreadable = contractOf(() => ({
      close: () => Promise.reject(new Error('cannot close')),
      read: async () => ({ kind: 'range', keys: [], count: 0, revision: 0n }),
    }))[0]!;
    await expect(unreadable.run()).rejects.toBeInstanceOf(AssertionError);
  });

  it('disposes of every store, whether it was broken or not', async () => {
    let open = 0;
    const cases = storeContract(() => {
      const cluster = new MemoryCluster({ clock: new ManualClock() });
      open += 1;
      return {
        connect: async () => new MemoryStore({ cluster }),
        advance: async () => assert.fail('time does not pass'),
        dispose: async () => void (open -= 1),
      };
    });
    const ends = await Promise.allSettled(cases.map(({ run }) => run()));
    expect(new Set(ends.map(({ status }) => status)).size).toBe(2);
    expect(open).toBe(0);
  });

  it('has no case that cannot fail', () => {
    const cases = contractOf(() => ({})).map(({ name }) => name);
    const named = new Set(broken.map(([, { caughtBy }]) => caughtBy));
    expect(cases.filter((name) => !named.has(name))).toEqual([]);
  });

  it('gives every case a name of its own', () => {
    const cases = contractOf(() => ({})).map(({ name }) => name);
    expect(new Set(cases).size).toBe(cases.length);
  });
});
