import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Random } from '../../simulation/random.js';
import { namesBelow, openLeases } from '../../support/etcd-gateway.js';
import type { EtcdMember } from '../../support/etcd-member.js';
import { waitUntil } from '../../support/wait-until.js';
import { check } from '../checker/check.js';
import type { Tokens } from '../checker/tokens.js';
import type { Violation } from '../checker/violation.js';
import type { Cluster } from '../cluster.js';
import { CrewMember } from '../crew/crew-member.js';
import {
  EtcdctlContender,
  removeLeasesOfEtcdctl,
} from '../crew/etcdctl-contender.js';
import { Registers } from '../crew/registers.js';
import { HistoryFile, readHistory } from '../history/history-file.js';
import { Nemesis } from '../nemesis/nemesis.js';
import type { Fault } from '../nemesis/stage.js';
import type { Conditions } from '../network/conditions.js';
import type { Proxies } from '../network/proxies.js';
import { Wire } from '../network/wire.js';
import { Rights } from '../rights.js';
import { SHARED_WITH_ETCDCTL } from '../worker/wish.js';
import type { TortureWorkerSettings } from '../worker/worker-settings.js';
import { type Figures, figuresOf } from './figures.js';

export const TTL_MS = 3_000;
/** Whoever waits is served or told within this time after the last fault. */
export const LIVENESS_BOUND_MS = TTL_MS + 5_000;
const NAMESPACE = 'torture/';
const CALLERS = 8;
const CREW: readonly (Pick<TortureWorkerSettings, 'kind' | 'road'> & {
  /** Where there are any. */
  readonly through?: 'proxies';
})[] = [
  { kind: 'client', road: 'hosts' },
  { kind: 'client', road: 'client' },
  { kind: 'client', road: 'hosts', through: 'proxies' },
  { kind: 'nest', road: 'hosts' },
  { kind: 'nest', road: 'client' },
];

export interface RoundTerms {
  readonly cluster: Cluster;
  readonly proxies: Proxies | undefined;
  readonly faults: readonly Fault[];
  readonly nodes: readonly string[];
  readonly conditions: Conditions;
  readonly seed: number;
  readonly rageMs: number;
  /** What earlier rounds have seen. */
  readonly tokens: Tokens;
}

export interface RoundReport {
  readonly seed: number;
  readonly violations: readonly Violation[];
  readonly figures: Figures;
  /** Where the history is, if there is something to look for. */
  readonly directory: string | undefined;
}

/** Faults for a while, then none; then everybody comes to an end, and nothing may be left. */
export async function runRound(terms: RoundTerms): Promise<RoundReport> {
  const { seed, tokens } = terms;
  const directory = mkdtempSync(join(tmpdir(), `torture-${seed}-`));
  const leftovers = await play(terms, directory);
  const history = readHistory(directory);
  const verdict = check(history, {
    livenessBoundMs: LIVENESS_BOUND_MS,
    tokensBefore: tokens,
  });
  const violations = [...verdict.violations, ...leftovers];
  const figures = figuresOf(history, verdict);
  if (violations.length > 0) return { seed, violations, figures, directory };
  rmSync(directory, { recursive: true });
  return { seed, violations, figures, directory: undefined };
}

async function play(
  { cluster, proxies, faults, nodes, conditions, seed, rageMs }: RoundTerms,
  directory: string,
): Promise<Violation[]> {
  const { endpoints } = cluster;
  const random = new Random(seed);
  const history = new HistoryFile(directory, 'driver');
  const registers = new Registers(history);
  const rights = new Rights(endpoints, NAMESPACE);
  const crew = await Promise.all(
    CREW.map(async ({ kind, road, through }, index) => {
      const name = `w${index + 1}`;
      // An `Etcd3` with a user can do nothing before `auth/enable`, so one has none here, and is shut out
      // while logins are demanded.
      const logsIn = road === 'hosts';
      if (logsIn) await rights.give(name);
      const portOf = (member: EtcdMember) =>
        (through && proxies?.get(member.name)?.port) ?? member.clientPort;
      return new CrewMember({
        name,
        history,
        registers,
        node: nodes[index % nodes.length],
        wires: await wiresOf(name, cluster, portOf, conditions),
        seed: seed * 100 + index,
        settings: {
          index,
          kind,
          road,
          ...(logsIn && { auth: rights.loginOf(name) }),
          directory,
          namespace: NAMESPACE,
          ttlMs: TTL_MS,
          callers: CALLERS,
        },
      });
    }),
  );
  const contenderHistory = new HistoryFile(directory, 'etcdctl');
  const contender = new EtcdctlContender({
    cluster,
    name: NAMESPACE + encodeURIComponent(SHARED_WITH_ETCDCTL),
    key: SHARED_WITH_ETCDCTL,
    history: contenderHistory,
    random: new Random(seed + 1),
  });
  try {
    await Promise.all(crew.map((one) => one.start()));
    const nemesis = new Nemesis(
      {
        cluster,
        conditions,
        crew,
        registers,
        rights,
        history,
        namespace: NAMESPACE,
        ttlMs: TTL_MS,
        random,
        down: new Set(),
      },
      faults,
    );
    await nemesis.rage(rageMs);
    await cluster.healthy();
    await contender.clean();
    history.add({ kind: 'healed' });
    await Promise.all([
      contender.drain(LIVENESS_BOUND_MS + 10_000),
      ...crew.map((one) => one.drain(LIVENESS_BOUND_MS + 10_000)),
    ]);
    await Promise.all(crew.map((one) => one.close(LIVENESS_BOUND_MS)));
    await removeLeasesOfEtcdctl(endpoints);
    await contender.stop();
    history.close();
    const complaints = crew.flatMap((one) => one.complaints);
    complaints.push(...(await remains(endpoints)));
    return [
      ...complaints.map((detail) => ({
        check: 'nothing left' as const,
        detail,
      })),
      ...(await cluster.disagreement()).map((data, index) => ({
        check: 'etcd agrees with itself' as const,
        detail: `member ${index + 1} has ${data.slice(0, 500)}`,
      })),
    ];
  } finally {
    await Promise.all([contender.stop(), ...crew.map((one) => one.stop())]);
    for (const { wires } of crew) wires.forEach((wire) => wire.close());
  }
}

function wiresOf(
  source: string,
  { members }: Cluster,
  portOf: (member: EtcdMember) => number,
  conditions: Conditions,
): Promise<Wire[]> {
  return Promise.all(
    members.map((member) => {
      const { name: target } = member;
      return Wire.start({ port: portOf(member), source, target, conditions });
    }),
  );
}

/** The dead leave their leases, which end by themselves. */
async function remains(endpoints: readonly string[]): Promise<string[]> {
  let found: string[] = [];
  await waitUntil(
    async () => {
      const names = await namesBelow(endpoints, NAMESPACE);
      const leases = await openLeases(endpoints);
      found = [...names, ...leases.map((id) => `lease ${id.toString(16)}`)];
      return found.length === 0;
    },
    { timeoutMs: LIVENESS_BOUND_MS },
  ).catch(() => {});
  return found;
}
