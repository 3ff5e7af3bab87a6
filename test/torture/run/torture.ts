import type { Tokens } from '../checker/tokens.js';
import { Cluster } from '../cluster.js';
import { Conditions } from '../network/conditions.js';
import { type RoundReport, runRound } from './round.js';

export interface TortureTerms {
  readonly seed: number;
  readonly minutes: number;
  readonly rounds: number;
  readonly rageSeconds: number;
  readonly onRound?: (report: RoundReport) => void;
}

export interface TortureReport {
  readonly rounds: readonly RoundReport[];
  readonly seconds: number;
}

/** Round after round on one cluster, up to the first violation. */
export async function torture(terms: TortureTerms): Promise<TortureReport> {
  const since = performance.now();
  const seconds = () => Math.round((performance.now() - since) / 1_000);
  const conditions = new Conditions();
  const cluster = await Cluster.start(conditions);
  const tokens: Tokens = new Map();
  const rounds: RoundReport[] = [];
  try {
    do {
      const seed = terms.seed + rounds.length;
      const rageMs = terms.rageSeconds * 1_000;
      const report = await runRound({
        cluster,
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
    await cluster.stop();
  }
  return { rounds, seconds: seconds() };
}
