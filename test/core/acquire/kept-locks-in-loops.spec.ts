import { describe, expect, it, onTestFinished } from 'vitest';
import { LockClient } from '../../../lib/core/index.js';
import { MemoryCluster, MemoryStore } from '../../../lib/memory/index.js';

const kept = { keep: '30s' } as const;

/** Two processes, as far as locks are concerned, of which the first keeps the key. */
async function keeperAndOther() {
  const cluster = new MemoryCluster();
  const clients = [1, 2].map(
    () => new LockClient({ store: new MemoryStore({ cluster }) }),
  );
  onTestFinished(() =>
    Promise.all(clients.map((client) => client.close())).then(() => {}),
  );
  const [keeper, other] = clients as [LockClient, LockClient];
  await keeper.withLock('k', kept, () => {});
  await new Promise((resolve) => setTimeout(resolve, 5));
  expect(keeper.keptCount).toBe(1);
  return { keeper, other };
}

/** Keeps the event loop busy. */
function work(ms: number): void {
  const end = performance.now() + ms;
  while (performance.now() < end);
}

describe('work that waits for nothing but a kept lock, again and again', () => {
  it.each([1, 10])(
    'lets whoever comes from elsewhere have it, with %i callers',
    async (callers) => {
      const { keeper, other } = await keeperAndOther();
      let had = false;
      const waiting = other.withLock('k', { waitTimeout: '30s' }, () => {
        had = true;
      });
      let cycles = 0;
      const loop = async () => {
        while (!had) {
          await keeper.withLock('k', kept, () => {});
          if ((cycles += 1) > 1_000_000) throw new Error('nobody else had it');
        }
      };
      await Promise.all([waiting, ...Array.from({ length: callers }, loop)]);
      expect(had).toBe(true);
    },
  );

  it('lets timers run', async () => {
    const { keeper } = await keeperAndOther();
    let ran = false;
    setTimeout(() => (ran = true), 20);
    for (let cycles = 0; !ran; cycles++) {
      await keeper.withLock('k', kept, () => {});
      expect(cycles).toBeLessThan(1_000_000);
    }
    expect(keeper.keptCount).toBe(1);
  });

  it('does not take the lock for a caller whose signal aborts meanwhile', async () => {
    const { keeper } = await keeperAndOther();
    const controller = new AbortController();
    const { signal } = controller;
    await keeper.withLock('k', kept, () => work(11));
    const call = keeper.acquire('k', { ...kept, signal });
    const reason = new Error('no longer wanted');
    controller.abort(reason);
    await expect(call).rejects.toBe(reason);
    expect(keeper.keptCount).toBe(1);
  });

  it('has all who do so on keys of their own go on together', async () => {
    const { keeper } = await keeperAndOther();
    const cycles = Array.from({ length: 8 }, () => 0);
    let total = 0;
    const loop = async (_: number, nth: number) => {
      while (total < 20_000) {
        await keeper.withLock(`own${nth}`, kept, () => {});
        cycles[nth]! += 1;
        total += 1;
      }
    };
    await Promise.all(cycles.map(loop));
    expect(Math.min(...cycles)).toBeGreaterThan(Math.max(...cycles) / 2);
  });
});
