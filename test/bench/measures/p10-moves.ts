import type { Bench } from '../bench.js';
import { checked } from '../exclusion.js';
import { atMost, type Finding, type Series } from '../figure.js';
import type { Outcome } from '../load.js';
import { KEPT, OURS } from '../peers/index.js';
import type { Runner } from '../runner.js';
import { quantile, ratios, summary } from '../statistics.js';
import { Compared } from './compared.js';

const RETURNS = `${KEPT}, returns`;
const SHARES = [0, 25, 50, 75, 90, 95, 99];

/** What it costs that a key goes to another process, and from which share of returns on keeping it pays. */
export async function moveCost(bench: Bench): Promise<Finding> {
  const nodes = [await bench.nodeRunner(), await bench.nodeRunner()] as const;
  const kept = nodes.map((node) => node.as(KEPT));
  const plain = nodes.map((node) => node.as(OURS));
  await bench.checkExclusion(kept, { callers: 1, keys: 'one' });
  const outcomes = await bench.compare({ seconds: 1, rounds: 5 }, [
    { name: KEPT, run: (seconds) => takeInTurns(bench, kept, seconds) },
    { name: OURS, run: (seconds) => takeInTurns(bench, plain, seconds) },
    {
      name: RETURNS,
      run: (seconds) =>
        bench.run(kept.slice(0, 1), seconds / 4, { callers: 1, keys: 'own' }),
    },
  ]);
  const p50 = new Compared(outcomes, ({ p50Ms }) => p50Ms);
  const moves = p50.values(KEPT)!;
  const usual = p50.values(OURS)!;
  const returns = p50.values(RETURNS)!;
  const pays = moves.map(
    (move, round) =>
      100 * Math.max(0, (move - usual[round]!) / (move - returns[round]!)),
  );
  return {
    figures: [
      ...p50.ratio('a move, p50', KEPT, OURS, atMost(1.6)),
      {
        what: 'percent of takings that must be returns for keep to pay',
        value: summary(pays),
        unit: '',
      },
    ],
    series: [
      p50.series('A key goes from process to process, p50', 'ms', 'less'),
      breakEven(moves, returns, usual),
    ],
    notes: [
      'A move: two processes take one key in turns, each when the other has given it back, so a kept one is idle when it is asked for. The break-even follows from that and from what a return takes, in the same round.',
    ],
  };
}

/** The mean of what moves and returns take, over what a lock takes that is not kept. */
function breakEven(
  moves: readonly number[],
  returns: readonly number[],
  usual: readonly number[],
): Series {
  return {
    what: 'Time of a taking with keep, over that without, by the share of returns',
    unit: '×',
    better: 'less',
    charted: true,
    values: SHARES.map((percent) => {
      const share = percent / 100;
      const mixed = moves.map(
        (move, round) => (1 - share) * move + share * returns[round]!,
      );
      return {
        name: `${percent} % returns`,
        value: summary(ratios(mixed, usual)),
      };
    }),
  };
}

/** One taking at a time, of one key, each in another process than the one before. */
async function takeInTurns(
  bench: Bench,
  runners: readonly Runner[],
  seconds: number,
): Promise<Outcome> {
  const shape = {
    callers: 1,
    keys: 'one',
    cycles: 1,
    prefix: bench.freshPrefix(),
  } as const;
  const all: Outcome[] = [];
  for (let turn = 0; turn <= Math.max(8, seconds * 20); turn += 1) {
    const runner = runners[turn % runners.length]!;
    const outcome = await bench.run([runner], 10, shape);
    // The first of all finds nobody who has kept the key.
    if (turn > 0) all.push(outcome);
  }
  return checked({
    cycles: all.length,
    seconds: all.reduce((sum, one) => sum + one.seconds, 0),
    p50Ms: quantile(
      all.map(({ p50Ms }) => p50Ms),
      0.5,
    ),
    refused: 0,
    visits: all.flatMap(({ visits }) => visits),
    violations: [],
  });
}
