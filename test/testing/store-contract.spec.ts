import { AssertionError } from 'node:assert';
import { describe, expect, it } from 'vitest';
import { MemoryCluster } from '../../lib/memory/index.js';
import { ManualClock, storeContract } from '../../lib/testing/index.js';
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
