import { parseArgs } from 'node:util';
import { explore, lineOf, replayCommand, storyOf } from './exploration.js';
import { WORLDS } from './worlds.js';

const { values } = parseArgs({
  options: {
    faults: { type: 'string', default: '1' },
    world: { type: 'string' },
    schedules: { type: 'string', default: 'Infinity' },
    depth: { type: 'string', default: '300' },
    minutes: { type: 'string', default: '10' },
    replay: { type: 'string' },
  },
});

const worlds = WORLDS.filter(
  ({ name }) => values.world === undefined || name === values.world,
);
if (worlds.length === 0) {
  const names = WORLDS.map(({ name }) => `"${name}"`).join(', ');
  console.error(`There is no world "${values.world}". There are ${names}.`);
  process.exit(1);
}

if (values.replay === undefined) await exploreAll();
else await replay(values.replay);

async function exploreAll(): Promise<void> {
  // Every world has the same share of the time; what one does not need is the others'.
  const end = performance.now() + Number(values.minutes) * 60_000;
  let schedules = 0;
  for (const [index, world] of worlds.entries()) {
    const share = (end - performance.now()) / (worlds.length - index);
    const until = performance.now() + share;
    const found = await explore(world, {
      faults: Number(values.faults),
      schedules: Number(values.schedules),
      depth: Number(values.depth),
      over: () => performance.now() > until,
    });
    console.log(lineOf(found));
    schedules += found.schedules;
    if (found.failure === undefined) continue;
    // What fails in one world mostly fails in the others.
    process.exitCode = 1;
    console.log(found.failure.violations.join('\n'));
    console.log(`${schedules} schedules to the first failure.`);
    console.log(replayCommand(found));
    break;
  }
}

async function replay(schedule: string): Promise<void> {
  const lines = await storyOf(worlds[0]!, schedule);
  console.log(lines.join('\n'));
}
