import { parseArgs } from 'node:util';
import { BAD_DAYS, GOOD_DAYS } from './scenario.js';
import { simulate } from './simulate.js';

const { values } = parseArgs({
  options: { days: { type: 'string', default: '100' } },
});

/** Plays a day of each family in turn, from the first seed on, and stops at the first that fails. */
async function playAll(): Promise<void> {
  let days = 0;
  for (let seed = 1; seed <= Number(values.days); seed += 1) {
    for (const family of [...GOOD_DAYS, ...BAD_DAYS]) {
      const { violations } = await simulate(family, seed);
      days += 1;
      if (violations.length === 0) continue;
      console.log(`${family}, seed ${seed}: ${violations.join('\n')}`);
      console.log(`${days} days to the first failure.`);
      process.exitCode = 1;
      return;
    }
  }
  console.log(`${days} days without a failure.`);
}

await playAll();
