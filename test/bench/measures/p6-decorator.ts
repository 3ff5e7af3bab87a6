import { spawnWorker } from '../../support/worker.js';
import { atMost } from '../figure.js';
import { inTurns } from '../rounds.js';
import { summary } from '../statistics.js';
import type { Measure } from './measure.js';

const CALLS = [
  'plain',
  'decorated',
  'plainHandler',
  'interceptedHandler',
  'decoratedHandler',
] as const;

export const decorator: Measure = {
  id: 'P6',
  title: 'Decorator + interceptor over plain LockService, memory store',
  async run(bench) {
    const { rounds } = bench.terms({ seconds: 0, rounds: 15 });
    const worker = spawnWorker(
      new URL('../processes/decorated.worker.ts', import.meta.url),
    );
    await worker.next('ready', 120_000);
    const calls = CALLS.map((name) => ({
      name,
      async run() {
        worker.send({ type: 'call', name });
        const took = await worker.next<{ microseconds: number }>('took');
        return took.microseconds;
      },
    }));
    await inTurns(4, calls);
    const took = await inTurns(rounds, calls);
    await worker.kill();
    const over = (one: string, other: string) =>
      summary(
        took.get(one)!.map((value, round) => value - took.get(other)![round]!),
      );
    const decorated = over('decoratedHandler', 'plainHandler');
    const intercepted = over('interceptedHandler', 'plainHandler');
    return {
      figures: [
        {
          what: 'a handler with @DistributedLock, over the same with withLock inside',
          value: decorated,
          unit: 'µs',
        },
        {
          what: 'what Nest takes for an interceptor that does nothing',
          value: intercepted,
          unit: 'µs',
        },
        {
          what: 'the one by the other, of the medians',
          value: summary([decorated.median / intercepted.median]),
          unit: '×',
          target: atMost(1.5),
        },
        {
          what: 'a provider’s method with @DistributedLock, over withLock',
          value: over('decorated', 'plain'),
          unit: 'µs',
          target: atMost(4, '≤ 4 µs'),
        },
        {
          what: 'withLock',
          value: summary(took.get('plain')!),
          unit: 'µs',
          target: atMost(12, '≤ 12 µs'),
        },
      ],
      series: [
        {
          what: 'A call, without any network, time of the processor',
          unit: 'µs',
          better: 'less',
          values: [
            { name: 'withLock', value: summary(took.get('plain')!) },
            {
              name: 'withLock, called as a handler',
              value: summary(took.get('plainHandler')!),
            },
          ],
        },
      ],
    };
  },
};
