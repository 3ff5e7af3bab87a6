import { expect, it } from 'vitest';
import { useWorld } from '../support/world.js';

const world = useWorld();

/** How many transactions a visit costs, when two instances take turns and use the lock so often. */
async function costOfVisit(uses: number, keep: number): Promise<number> {
  const pair = [world().instance(), world().instance()];
  const options = { keep, waitTimeout: '5s' } as const;
  const visits = async (count: number) => {
    for (let visit = 0; visit < count; visit++) {
      const { locks } = pair[visit % 2]!;
      for (let use = 0; use < uses; use++) {
        await world().outcome(locks.withLock('k', options, () => {}));
        await world().settle();
      }
    }
  };
  const sent = () =>
    pair.reduce((sum, { traffic }) => sum + traffic.count('transact'), 0);
  await visits(2);
  const before = sent();
  await visits(10);
  return (sent() - before) / 10;
}

it.each([1, 2, 10])(
  'a kept lock that moves after %i uses costs three transactions a move, and nothing a use',
  async (uses) => {
    expect(await costOfVisit(uses, 30_000)).toBe(3);
  },
);

it.each([1, 2, 10])(
  'a lock that is not kept costs two transactions for each of %i uses',
  async (uses) => {
    expect(await costOfVisit(uses, 0)).toBe(2 * uses);
  },
);
