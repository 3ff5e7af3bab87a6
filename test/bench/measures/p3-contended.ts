import type { Bench, Contestant } from '../bench.js';
import { atLeast, type Finding } from '../figure.js';
import { cyclesPerSecond } from '../load.js';
import { BARE, GO, GO_PUTS, type NodePeerName, OURS } from '../peers/index.js';
import type { GoRunner, NodeRunner, Runner } from '../runner.js';
import { handOversIn } from '../visits.js';
import { Compared } from './compared.js';
import type { Measure } from './measure.js';

const RAW = 'raw puts';
const ONE = { callers: 1, keys: 'one' } as const;

const BARE_NOTE =
  '“Bare messages” are what our lock sends and hears while few wait, through etcd3 and with nothing behind them. It is no lower bound, for etcd3 has layers that our lock goes around, but what such messages cost on this machine, however short the code. With 32 processes ours no longer wakes everybody, and they take no part.';

/** So many hear of every departure in our lock, as in the bare messages. */
const BARE_UP_TO = 8;

const SHAPES = [
  { processes: 2, go: 6, raw: 0.58 },
  { processes: 8, go: 5, raw: 0.42 },
  { processes: 32, go: 1, raw: 0.28 },
];

export const contended: Measure = {
  id: 'P3',
  title: 'One key, 2 / 8 / 32 separate processes, hand-overs/s',
  async run(bench) {
    const nodes: NodeRunner[] = [];
    const gos: GoRunner[] = [];
    const findings: Finding[] = [];
    for (const shape of SHAPES) {
      while (nodes.length < shape.processes) {
        nodes.push(
          ...(await startNodes(bench, shape.processes - nodes.length)),
        );
      }
      while (bench.found.go && gos.length < shape.processes) {
        gos.push(bench.goRunner()!);
      }
      findings.push(await inShape(bench, shape, nodes, gos));
    }
    return {
      figures: findings.flatMap(({ figures }) => figures),
      series: findings.flatMap(({ series = [] }) => series),
      notes: [
        BARE_NOTE,
        'etcd3’s lock does not wait, so it takes no part. The Redis locks poll and know no order; what counts is how often the lock passed from one process to another.',
      ],
    };
  },
};

/** Eight at a time: two cores have enough to do with that. */
function startNodes(bench: Bench, count: number): Promise<NodeRunner[]> {
  const some = Array.from({ length: Math.min(count, 8) });
  return Promise.all(some.map(() => bench.nodeRunner()));
}

async function inShape(
  bench: Bench,
  { processes, go, raw }: (typeof SHAPES)[number],
  nodes: readonly NodeRunner[],
  gos: readonly GoRunner[],
): Promise<Finding> {
  const names: readonly NodePeerName[] =
    processes <= BARE_UP_TO
      ? [OURS, BARE, ...bench.redisPeers]
      : [OURS, ...bench.redisPeers];
  const rivals = new Map<string, readonly Runner[]>(
    names.map((name) => [name, nodes.map((node) => node.as(name))]),
  );
  if (gos.length > 0) {
    rivals.set(
      GO,
      gos.map((one) => one.as(GO)),
    );
  }
  await warmUp(bench, nodes);
  for (const runners of rivals.values())
    await bench.checkExclusion(runners, ONE);
  const [ours, ...others] = [...rivals].map(([name, runners]): Contestant => ({
    name,
    run: (seconds) => bench.run(runners, seconds, ONE),
  }));
  const limits = [
    { name: RAW, runner: nodes[0]!.as(RAW) },
    ...gos.slice(0, 1).map((one) => ({
      name: GO_PUTS,
      runner: one.as(GO_PUTS),
    })),
  ].map(({ name, runner }): Contestant => ({
    name,
    run: (seconds) => bench.run([runner], seconds, { callers: 1, keys: 'own' }),
  }));
  const outcomes = await bench.compare({ seconds: 1.5, rounds: 3 }, [
    ours!,
    ...limits,
    ...others,
  ]);
  const rate = new Compared(outcomes, (outcome) =>
    outcome.visits.length === 0
      ? cyclesPerSecond(outcome)
      : handOversIn(outcome.visits) / outcome.seconds,
  );
  const what = `${processes} processes, hand-overs/s`;
  return {
    figures: [
      ...rate.ratio(what, OURS, GO, atLeast(go)),
      ...rate.ratio(what, OURS, RAW, atLeast(raw)),
      ...rate.ratio(what, OURS, GO_PUTS),
      ...rate.ratio(what, BARE, RAW),
      ...rate.ratio(what, OURS, BARE),
      ...rate.ratio(what, OURS, 'redis-semaphore, fsync'),
    ],
    series: [
      rate.series(
        `${processes} processes that want one key`,
        'hand-overs/s',
        'more',
        processes === 8,
      ),
    ],
  };
}

/** Locks that nobody else wants: many cycles in a short time, so that the code is compiled. */
async function warmUp(
  bench: Bench,
  nodes: readonly NodeRunner[],
): Promise<void> {
  const names: NodePeerName[] = [OURS, BARE, RAW, ...bench.redisPeers];
  for (const name of names) {
    const runners = nodes.map((node) => node.as(name));
    await bench.run(runners, 1, { callers: 16, keys: 'fresh' });
  }
}
