import type { Bench } from '../bench.js';
import { atLeast, type Finding } from '../figure.js';
import { cyclesPerSecond } from '../load.js';
import { GO, GO_BATCHES, GO_PAIRS, OURS } from '../peers/index.js';
import type { Runner } from '../runner.js';
import { Compared } from './compared.js';
import type { Measure } from './measure.js';

export const independent: Measure = {
  id: 'P2',
  title: 'Independent keys, 256 and 1,000 callers in one process, cycles/s',
  async run(bench) {
    const runners = await bench.runnersOf(
      [OURS, 'raw put + delete', 'etcd3 lock', ...bench.redisPeers],
      [GO, GO_PAIRS, GO_BATCHES],
    );
    const few = await withCallers(bench, runners, 256);
    const many = await withCallers(bench, runners, 1000);
    return {
      figures: [...few.figures, ...many.figures],
      series: [...few.series!, ...many.series!],
      notes: [
        `For “${GO_BATCHES}” etcd’s own client sends the transactions of our lock, put together by its rules, with nothing behind them.`,
      ],
    };
  },
};

async function withCallers(
  bench: Bench,
  runners: ReadonlyMap<string, Runner>,
  callers: number,
): Promise<Finding> {
  const outcomes = await bench.compare(
    { seconds: 1, rounds: 5 },
    [...runners].map(([name, runner]) => ({
      name,
      run: (seconds) => bench.run([runner], seconds, { callers, keys: 'own' }),
    })),
  );
  const rate = new Compared(outcomes, cyclesPerSecond);
  const what = `${callers} callers, cycles/s`;
  return {
    figures: [
      ...rate.ratio(what, OURS, GO, atLeast(2.4)),
      ...rate.ratio(what, OURS, GO_BATCHES, atLeast(0.7)),
      ...rate.ratio(what, OURS, 'etcd3 lock'),
      ...rate.ratio(what, OURS, 'redlock, fsync', undefined, atLeast(1)),
      ...rate.ratio(what, OURS, 'raw put + delete'),
      ...rate.ratio(what, OURS, GO_PAIRS),
    ],
    series: [
      rate.series(
        `${callers} callers with a key each`,
        'cycles/s',
        'more',
        callers === 256,
      ),
    ],
  };
}
