import type { Bench, Size } from '../bench.js';
import { atMost } from '../figure.js';
import { OURS } from '../peers/index.js';
import type { Runner } from '../runner.js';
import { summary } from '../statistics.js';
import type { Measure } from './measure.js';

const BATCH = 10_000;
const CALLERS = 250;
const RAW = 'raw put + delete';

const CYCLES: Record<Size, number> = {
  quick: 50_000,
  default: 200_000,
  full: 1_000_000,
};

/** Batches on other keys before the first that counts, until the code is compiled. */
const WARM_UP = 4;

/** The last batches, for the very last one alone may have met a bad moment. */
const LAST = 5;

export const growth: Measure = {
  id: 'P9',
  title: 'Cost per cycle over 10,000 keys, no compaction',
  async run(bench) {
    const cycles = CYCLES[bench.size];
    const whole = cycles === CYCLES.full;
    const ours = (await bench.nodeRunner()).as(OURS);
    const raw = (await bench.nodeRunner()).as(RAW);
    for (let batch = 0; batch < WARM_UP; batch++) {
      for (const runner of [ours, raw])
        await secondsOf(bench, runner, 'warm-up');
    }
    const rawFirst = await secondsOf(bench, raw, 'growth');
    const batches: number[] = [];
    while (batches.length * BATCH < cycles) {
      batches.push(await secondsOf(bench, ours, 'growth'));
    }
    const rawLast = await secondsOf(bench, raw, 'growth');
    const [first] = batches;
    const text = cycles.toLocaleString('en');
    return {
      figures: [
        {
          what: `a cycle after ${text} / of the first ${BATCH.toLocaleString('en')}`,
          value: summary(batches.slice(-LAST).map((last) => last / first!)),
          unit: '×',
          ...(whole && { target: atMost(1.3) }),
        },
        {
          what: 'a raw put + delete then / before',
          value: summary([rawLast / rawFirst]),
          unit: '×',
        },
      ],
      notes: whole
        ? []
        : [
            `The target, ≤ 1.3 ×, is one for a million cycles, and these are ${text}. \`--full\` runs them all.`,
          ],
    };
  },
};

async function secondsOf(
  bench: Bench,
  runner: Runner,
  prefix: string,
): Promise<number> {
  const { seconds } = await bench.run([runner], 600, {
    callers: CALLERS,
    keys: 'own',
    keysPerCaller: 40,
    cycles: BATCH,
    prefix,
  });
  return seconds;
}
