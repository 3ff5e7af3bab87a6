import { atMost } from '../figure.js';
import { BARE, GO, GO_PAIRS, OURS } from '../peers/index.js';
import { Compared } from './compared.js';
import type { Measure } from './measure.js';

export const uncontended: Measure = {
  id: 'P1',
  title: 'Acquire + release, one caller, a new key each time, p50',
  async run(bench) {
    const runners = await bench.runnersOf(
      [OURS, 'raw put + delete', BARE, 'etcd3 lock', ...bench.redisPeers],
      [GO, GO_PAIRS],
    );
    const outcomes = await bench.compare(
      { seconds: 0.8, rounds: 5 },
      [...runners].map(([name, runner]) => ({
        name,
        run: (seconds) =>
          bench.run([runner], seconds, { callers: 1, keys: 'fresh' }),
      })),
    );
    const p50 = new Compared(outcomes, ({ p50Ms }) => p50Ms);
    return {
      figures: [
        ...p50.ratio('p50', OURS, 'raw put + delete', atMost(0.95)),
        ...p50.ratio('p50', BARE, 'raw put + delete'),
        ...p50.ratio('p50', OURS, BARE),
        ...p50.ratio('p50', OURS, 'etcd3 lock', atMost(0.5)),
        ...p50.ratio('p50', OURS, GO, atMost(1.5)),
        ...p50.ratio('p50', OURS, GO_PAIRS),
        ...p50.ratio('p50', OURS, 'redlock, fsync'),
      ],
      series: [
        p50.series('Acquire + release of a free lock, p50', 'ms', 'less', true),
      ],
      notes: [
        '“Bare messages” are the two transactions of our lock, through etcd3 and with nothing behind them: what they cost on that road, however short the code. The limit of the machine is what Go’s client takes for a put and a delete.',
      ],
    };
  },
};
