import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { etcdBinary } from '../../support/etcd-binary.js';
import { type Counts, sumOf } from './figures.js';
import { NEWS_MS } from '../nemesis/restore-fault.js';
import { LIVENESS_BOUND_MS, TTL_MS } from './round.js';
import type { TortureReport } from './torture.js';

const BEGIN = '<!-- npm run torture -- --evidence -->';
const END = '<!-- the end of what it wrote -->';

/** The page with what a run went through, and what came of it, in the place that it has there. */
export function withTorture(page: string, report: TortureReport): string {
  const [before, rest] = page.split(BEGIN);
  const after = rest?.split(END)[1];
  if (before === undefined || after === undefined)
    throw new Error(`The page has no place between ${BEGIN} and ${END}.`);
  return `${before}${BEGIN}\n\n${tortureSection(report)}\n${END}${after}`;
}

function tortureSection({
  rounds,
  seconds,
  proxies,
  nodes,
}: TortureReport): string {
  const figures = sumOf(rounds.map((one) => one.figures));
  const violations = rounds.flatMap((one) => one.violations);
  const [first, last] = [rounds.at(0)!.seed, rounds.at(-1)!.seed];
  const { fenced, unfenced } = figures;
  const throughNginx = proxies ? ', one through nginx with `grpc_pass`' : '';
  return `Three members of etcd, every connection between them and to them through proxies; five worker processes,
two of them Nest applications with \`@DistributedLock\`, two over an \`Etcd3\` of their own${throughNginx}, and
\`etcdctl lock\` in one of their queues. It gives up after 5 s, since it may miss its turn where etcd's tokens end
while it waits; ours must not. In each round faults overlap for a while; then all is put right, and whoever still
waits has to be served or told within ${LIVENESS_BOUND_MS / 1_000} s (the TTL of ${TTL_MS / 1_000} s and 5 s). Each process writes down what it did
and what its locks told it, and a checker that shares no code with the library compares these histories.

Workers that log in have a user and a role each. One whose rights are revoked may be refused for that time, and is
told so: when it asks, waits or releases, and by the loss of a lock whose ticket it may no longer see. After the
restore of a backup a lock whose ticket is not in it may have a second holder until ${(TTL_MS + NEWS_MS) / 1_000} s after etcd's first answer
(the TTL, and the two seconds of [operating](operating.md#backups)). Unless the revision was set forward, tokens
begin again, and the fences of the registers are cleared once nobody from before is at work any more.

${table({
  'violations found': violations.length,
  rounds: rounds.length,
  duration: `${Math.round(seconds / 60)} min`,
  seeds: first === last ? first : `${first} to ${last}`,
  'package, Node, etcd': `${packageVersion()}, ${nodes.length > 0 ? nodes.join(' and ') : process.versions.node}, ${etcdVersion()}`,
  machine: `${process.platform} ${process.arch}, ${availableParallelism()} cores`,
  operations: figures.operations,
  acquisitions: total(figures.acquisitions),
  faults: total(figures.faults),
  'waiters served': figures.waiters['served'] ?? 0,
  'waiters told that they would not be': figures.waiters['told'] ?? 0,
  'worst take-over from a killed holder': ms(figures.worstTakeOverMs),
  'worst delay of a signal in a process that ran': `${ms(figures.worstSignalDelayMs)}, ${((figures.worstSignalDelayMs / TTL_MS) * 100).toFixed(1)} % of the TTL`,
  'worst time from a restored etcd to the word that a ticket is gone': ms(
    figures.worstRestoreNewsMs,
  ),
  'updates lost of a fenced register': `${fenced.lost} of ${fenced.acknowledged}`,
  'updates lost of an unfenced one': `${unfenced.lost} of ${unfenced.acknowledged}`,
})}

A take-over lasts as long as the lease of the dead and as long as etcd has no quorum, whichever is longer: other
faults go on meanwhile. The unfenced register is what [safety](safety.md) means by _plain_ code.

${section('Acquisitions', 'of', figures.acquisitions)}

${section('Attempts that ended without a lock', 'told with', figures.refusals)}

${section('Locks lost by their holders', 'reason', figures.lost)}

${section('Faults', 'kind', figures.faults)}

To repeat it, as far as processes that race can be repeated: \`npm run torture -- --seed ${first} --rounds ${rounds.length} --minutes 600${nodes.length > 0 ? ` --nodes ${nodes.join(',')}` : ''}\`.
`;
}

function section(title: string, of: string, counts: Counts): string {
  const rows = Object.entries(counts).sort(([, one], [, two]) => two - one);
  return `### ${title}\n\n${table(Object.fromEntries(rows), of)}`;
}

function table(
  rows: Readonly<Record<string, string | number>>,
  heading = '',
): string {
  const lines = Object.entries(rows).map(
    ([name, value]) => `| ${name} | ${value.toLocaleString('en')} |`,
  );
  return [`| ${heading} | |`, '| --- | ---: |', ...lines].join('\n');
}

function total(counts: Counts): number {
  return Object.values(counts).reduce((sum, one) => sum + one, 0);
}

function ms(value: number): string {
  return `${Math.round(value).toLocaleString('en')} ms`;
}

function packageVersion(): string {
  const file = new URL('../../../package.json', import.meta.url);
  return (JSON.parse(readFileSync(file, 'utf8')) as { version: string })
    .version;
}

function etcdVersion(): string {
  const said = execFileSync(etcdBinary(), ['--version'], { encoding: 'utf8' });
  return /etcd Version: (\S+)/.exec(said)?.[1] ?? 'unknown';
}
