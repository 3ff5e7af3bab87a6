import { explore } from './exploration.js';
import { WORLDS } from './worlds.js';

/** Prints how many schedules it takes until one fails, in the order of the worlds. */
let schedules = 0;
let found: string | undefined;
for (const world of WORLDS) {
  const { failure, ...one } = await explore(world, {
    faults: 1,
    schedules: Number(process.argv[2]),
    depth: 200,
  });
  schedules += one.schedules;
  if (failure === undefined) continue;
  const steps = failure.departures.map(({ name }) => name).join(' ');
  found = `${schedules} schedules, "${world.name}" [${steps}]: ${failure.violations[0]}`;
  break;
}
console.log(found ?? `none in ${schedules} schedules`);
process.exit();
