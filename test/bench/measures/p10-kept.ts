import type { Bench } from '../bench.js';
import { atLeast, atMost, type Finding } from '../figure.js';
import { cyclesPerSecond } from '../load.js';
import { GO, KEPT, OURS } from '../peers/index.js';
import type { Runner } from '../runner.js';
import { moveCost } from './p10-moves.js';
import { Compared } from './compared.js';
import type { Measure } from './measure.js';

const REDLOCK = 'redlock, no fsync';

export const kept: Measure = {
  id: 'P10',
  title: 'Kept locks, 1 and 256 keys of one process, and what a move costs',
  async run(bench) {
    const runners = await bench.runnersOf(
      [KEPT, OURS, ...bench.redisPeers],
      [GO],
    );
    const one = await ofOneProcess(bench, runners, 1);
    const many = await ofOneProcess(bench, runners, 256);
    const moves = await moveCost(bench);
    const all = [one, many, moves];
    return {
      figures: all.flatMap(({ figures }) => figures),
      series: all.flatMap(({ series = [] }) => series),
      notes: [
        'Every caller has a key of its own, takes it again and again, also in the next round, and nobody else wants it: what a kept lock is for. The others ask their server each time. That etcd hears nothing of it is for the tests to show.',
        ...moves.notes!,
      ],
    };
  },
};

async function ofOneProcess(
  bench: Bench,
  runners: ReadonlyMap<string, Runner>,
  callers: number,
): Promise<Finding> {
  // The same ones in every round, so that they are kept from the first on.
  const shape = { callers, keys: 'own', prefix: bench.freshPrefix() } as const;
  const outcomes = await bench.compare(
    { seconds: 0.8, rounds: 5 },
    [...runners].map(([name, runner]) => ({
      name,
      run: (seconds) => bench.run([runner], seconds, shape),
    })),
  );
  const rate = new Compared(outcomes, cyclesPerSecond);
  const p50 = new Compared(outcomes, ({ p50Ms }) => p50Ms);
  const keys = callers === 1 ? '1 key' : `${callers} keys`;
  const many = callers > 1;
  return {
    figures: [
      ...rate.ratio(`${keys}, cycles/s`, KEPT, REDLOCK, atLeast(3)),
      ...rate.ratio(
        `${keys}, cycles/s`,
        KEPT,
        GO,
        many ? atLeast(20) : undefined,
      ),
      ...rate.ratio(`${keys}, cycles/s`, KEPT, OURS),
      ...rate.ratio(`${keys}, cycles/s`, KEPT, 'redlock, fsync'),
      ...rate.ratio(`${keys}, cycles/s`, KEPT, 'redis-semaphore, no fsync'),
      ...p50.ratio(`${keys}, p50`, KEPT, REDLOCK, atMost(0.05)),
    ],
    series: [
      rate.series(`${keys} of one process, kept`, 'cycles/s', 'more', many),
      p50.series(`${keys} of one process, p50`, 'ms', 'less'),
    ],
  };
}
