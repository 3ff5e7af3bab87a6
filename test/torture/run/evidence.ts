import { availableParallelism } from 'node:os';
import { NEWS_MS } from '../nemesis/restore-fault.js';
import type { Counts, Figures } from './figures.js';
import type { KeptReport } from './kept-reports.js';
import { LIVENESS_BOUND_MS, TTL_MS } from './round.js';

const BEGIN = '<!-- npm run torture -- --evidence -->';
const END = '<!-- the end of what it wrote -->';

/** The page with what the runs went through, and what came of it, in the place that it has there. */
export function withTorture(
  page: string,
  reports: readonly KeptReport[],
): string {
  const [before, rest] = page.split(BEGIN);
  const after = rest?.split(END)[1];
  if (before === undefined || after === undefined)
    throw new Error(`The page has no place between ${BEGIN} and ${END}.`);
  return `${before}${BEGIN}\n\n${tortureSection(reports)}\n${END}${after}`;
}

function tortureSection(reports: readonly KeptReport[]): string {
  const columns = new Table(reports);
  return `Three members of etcd, every connection between them and to them through proxies; five worker processes,
two of them Nest applications with \`@DistributedLock\`, two over an \`Etcd3\` of their own, one through nginx with
\`grpc_pass\` where there is an nginx, and \`etcdctl lock\` in one of their queues. It gives up after 5 s, since it may miss its turn where etcd's tokens end
while it waits; ours must not. In each round faults overlap for a while; then all is put right, and whoever still
waits has to be served or told within ${LIVENESS_BOUND_MS / 1_000} s (the TTL of ${TTL_MS / 1_000} s and 5 s). Each process writes down what it did
and what its locks told it, and a checker that shares no code with the library compares these histories. A second judge, who knows only
what a lock with fencing tokens is, has to find a linearization of each.

Workers that log in have a user and a role each. One whose rights are revoked may be refused for that time, and is
told so: when it asks, waits or releases, and by the loss of a lock whose ticket it may no longer see. After the
restore of a backup a lock whose ticket is not in it may have a second holder until ${(TTL_MS + NEWS_MS) / 1_000} s after etcd's first answer
(the TTL, and the two seconds of [operating](operating.md#backups)). Unless the revision was set forward, tokens
begin again, and the fences of the registers are cleared once nobody from before is at work any more.

${columns.of({
  'violations found': ({ violations }) => violations,
  rounds: ({ rounds }) => rounds,
  duration: ({ seconds }) => `${Math.round(seconds / 60)} min`,
  seeds: ({ seed, rounds }) =>
    rounds === 1 ? `${seed}` : `${seed} to ${seed + rounds - 1}`,
  Node: ({ node, nodes }) => (nodes.length > 0 ? nodes.join(' and ') : node),
  day: ({ day }) => day,
  operations: ({ figures }) => figures.operations,
  acquisitions: ({ figures }) => total(figures.acquisitions),
  faults: ({ figures }) => total(figures.faults),
  'waiters served': ({ figures }) => figures.waiters['served'] ?? 0,
  'waiters told that they would not be': ({ figures }) =>
    figures.waiters['told'] ?? 0,
  'worst take-over from a killed holder': ({ figures }) =>
    ms(figures.worstTakeOverMs),
  'worst delay of a signal in a process that ran': ({ figures }) =>
    `${ms(figures.worstSignalDelayMs)}, ${((figures.worstSignalDelayMs / TTL_MS) * 100).toFixed(1)} % of the TTL`,
  'worst time from a restored etcd to the word that a ticket is gone': ({
    figures,
  }) => ms(figures.worstRestoreNewsMs),
  'updates lost of a fenced register': ({ figures: { fenced } }) =>
    `${fenced.lost} of ${fenced.acknowledged}`,
  'updates lost of an unfenced one': ({ figures: { unfenced } }) =>
    `${unfenced.lost} of ${unfenced.acknowledged}`,
})}

A take-over lasts as long as the lease of the dead and as long as etcd has no quorum, whichever is longer: other
faults go on meanwhile. The unfenced register is what [safety](safety.md) means by _plain_ code. All of it on ${process.platform} ${process.arch},
${availableParallelism()} cores.

### Acquisitions

${columns.counts(({ acquisitions }) => acquisitions)}

### Attempts that ended without a lock

${columns.counts(({ refusals }) => refusals)}

### Locks lost by their holders

${columns.counts(({ lost }) => lost)}

### Faults

${columns.counts(({ faults }) => faults)}

To repeat them, as far as processes that race can be repeated:

\`\`\`sh
${reports.map(commandFor).join('\n')}
\`\`\`
`;
}

function commandFor({ etcd, seed, rounds, nodes }: KeptReport): string {
  const [major, minor] = etcd.split('.');
  const versions = nodes.length > 0 ? ` --nodes ${nodes.join(',')}` : '';
  return `USE_ETCD=${major}.${minor} npm run torture -- --seed ${seed} --rounds ${rounds} --minutes 600${versions}`;
}

/** One column for each run. */
class Table {
  constructor(private readonly reports: readonly KeptReport[]) {}

  of(
    rows: Readonly<Record<string, (report: KeptReport) => string | number>>,
  ): string {
    const heads = this.reports.map(({ etcd }) => `etcd ${etcd}`);
    const lines = Object.entries(rows).map(([name, valueIn]) => [
      name,
      ...this.reports.map((one) => valueIn(one).toLocaleString('en')),
    ]);
    const rules = ['---', ...heads.map(() => '---:')];
    return [['', ...heads], rules, ...lines]
      .map((cells) => `| ${cells.join(' | ')} |`)
      .join('\n');
  }

  /** The most frequent first. */
  counts(countsIn: (figures: Figures) => Counts): string {
    const all = this.reports.map(({ figures }) => countsIn(figures));
    const sum = (name: string) =>
      all.reduce((before, counts) => before + (counts[name] ?? 0), 0);
    const names = [...new Set(all.flatMap(Object.keys))].sort(
      (one, other) => sum(other) - sum(one),
    );
    return this.of(
      Object.fromEntries(
        names.map((name) => [
          name,
          ({ figures }) => countsIn(figures)[name] ?? 0,
        ]),
      ),
    );
  }
}

function total(counts: Counts): number {
  return Object.values(counts).reduce((sum, one) => sum + one, 0);
}

function ms(value: number): string {
  return `${Math.round(value).toLocaleString('en')} ms`;
}
