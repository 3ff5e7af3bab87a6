import type { Tokens } from '../checker/tokens.js';
import { Cluster } from '../cluster.js';
import { faultsNamed } from '../nemesis/nemesis.js';
import type { Fault } from '../nemesis/stage.js';
import type { EtcdMember } from '../../support/etcd-member.js';
import { Conditions } from '../network/conditions.js';
import type { Proxies } from '../network/proxies.js';
import { type RoundReport, runRound } from './round.js';

export interface TortureTerms {
  readonly faults?: readonly Fault[];
  /** The programs by their major versions, for one worker after the other. */
  readonly nodes?: ReadonlyMap<number, string>;
  /** Starts what some workers reach the members through. */
  readonly proxiesBefore?: (
    members: readonly EtcdMember[],
  ) => Promise<Proxies | undefined>;
  readonly seed: number;
  readonly minutes: number;
  readonly rounds: number;
  readonly rageSeconds: number;
  readonly onRound?: (report: RoundReport) => void;
}

export interface TortureReport {
  readonly rounds: readonly RoundReport[];
  readonly seconds: number;
  /** Versions of Node that workers ran on, if not on that of this process. */
  readonly nodes: readonly number[];
}

/** Round after round on one cluster, up to the first violation. */
export async function torture(terms: TortureTerms): Promise<TortureReport> {
  const since = performance.now();
  const seconds = () => Math.round((performance.now() - since) / 1_000);
  const conditions = new Conditions();
  const { faults = faultsNamed([]), nodes = new Map() } = terms;
  const cluster = await Cluster.start(conditions);
  const proxies = await terms.proxiesBefore?.(cluster.members);
  const tokens: Tokens = new Map();
  const rounds: RoundReport[] = [];
  try {
    do {
      const seed = terms.seed + rounds.length;
      const rageMs = terms.rageSeconds * 1_000;
      const report = await runRound({
        cluster,
        proxies,
        faults,
        nodes: [...nodes.values()],
        conditions,
        seed,
        rageMs,
        tokens,
      });
      rounds.push(report);
      terms.onRound?.(report);
      if (report.violations.length > 0) break;
    } while (rounds.length < terms.rounds && seconds() < terms.minutes * 60);
  } finally {
    await Promise.all([...(proxies?.values() ?? [])].map((one) => one.stop()));
    await cluster.stop();
  }
  return {
    rounds,
    seconds: seconds(),
    nodes: [...nodes.keys()],
  };
}
