import { describe, expect, it } from 'vitest';
import type { Family } from './scenario.js';
import { historyOf, simulate } from './simulate.js';

const { SIM_FROM, SIM_SEEDS } = process.env;
const FROM = Number(SIM_FROM ?? 1);
const MS_PER_SEED = 2_000;

/** Runs so many seeds of each family, unless `SIM_SEEDS` says how many; from `SIM_FROM` on. */
export function testFamilies(
  families: readonly Family[],
  seedsEach: number,
): void {
  const seeds = Number(SIM_SEEDS ?? seedsEach);

  describe.each(families)('simulated processes, family "%s"', (family) => {
    it(
      `keep every promise with the seeds ${FROM} to ${FROM + seeds - 1}`,
      async () => {
        let attempts = 0;
        for (let seed = FROM; seed < FROM + seeds; seed++) {
          const outcome = await simulate(family, seed);
          attempts += outcome.attempts;
          if (outcome.violations.length === 0) continue;
          const history = await historyOf(family, seed);
          const replay = `SIM_FROM=${seed} SIM_SEEDS=1 npm test -- test/simulation -t '"${family}"'`;
          expect.fail(`${replay}\n\n${history.join('\n')}`);
        }
        expect(attempts).toBeGreaterThan(seeds);
      },
      60_000 + seeds * MS_PER_SEED,
    );

    it('make the same history twice from the same seed', async () => {
      expect(await historyOf(family, FROM)).toEqual(
        await historyOf(family, FROM),
      );
    }, 60_000);
  });
}
