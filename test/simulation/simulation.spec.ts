import { describe, expect, it } from 'vitest';
import { FAMILIES } from './scenario.js';
import { historyOf, simulate } from './simulate.js';

/** Seeds of each family, from `SIM_FROM` on. */
const SEEDS = Number(process.env['SIM_SEEDS'] ?? 300);
const FROM = Number(process.env['SIM_FROM'] ?? 1);
const MS_PER_SEED = 2_000;

describe.each(FAMILIES)('simulated processes, family "%s"', (family) => {
  it(
    `keep every promise with the seeds ${FROM} to ${FROM + SEEDS - 1}`,
    async () => {
      let attempts = 0;
      for (let seed = FROM; seed < FROM + SEEDS; seed++) {
        const outcome = await simulate(family, seed);
        attempts += outcome.attempts;
        if (outcome.violations.length === 0) continue;
        const history = await historyOf(family, seed);
        const replay = `SIM_FROM=${seed} SIM_SEEDS=1 npm test -- test/simulation -t ${family}`;
        expect.fail(`${replay}\n\n${history.join('\n')}`);
      }
      expect(attempts).toBeGreaterThan(SEEDS);
    },
    60_000 + SEEDS * MS_PER_SEED,
  );

  it('make the same history twice from the same seed', async () => {
    expect(await historyOf(family, FROM)).toEqual(
      await historyOf(family, FROM),
    );
  }, 60_000);
});
