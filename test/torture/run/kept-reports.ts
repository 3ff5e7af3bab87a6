import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../../../scripts/repository.mjs';
import { etcdBinary } from '../../support/etcd-binary.js';
import { type Figures, sumOf } from './figures.js';
import type { TortureReport } from './torture.js';

const FOLDER = join(root, '.cache', 'torture');

/** What the page says of a run on one etcd. */
export interface KeptReport {
  readonly etcd: string;
  readonly node: string;
  /** Versions that workers ran on, if not on that one. */
  readonly nodes: readonly number[];
  readonly day: string;
  readonly rounds: number;
  readonly seconds: number;
  /** Of the first round; the next have the following ones. */
  readonly seed: number;
  readonly violations: number;
  readonly figures: Figures;
}

/** Keeps it in place of an earlier one on the same etcd. */
export function keep({ rounds, seconds, nodes }: TortureReport): void {
  const etcd = etcdVersion();
  const kept: KeptReport = {
    etcd,
    node: process.versions.node,
    nodes,
    day: new Date().toISOString().slice(0, 10),
    rounds: rounds.length,
    seconds,
    seed: rounds[0]!.seed,
    violations: rounds.flatMap(({ violations }) => violations).length,
    figures: sumOf(rounds.map(({ figures }) => figures)),
  };
  mkdirSync(FOLDER, { recursive: true });
  writeFileSync(join(FOLDER, `${etcd}.json`), JSON.stringify(kept));
}

/** One for each etcd that was tried, the oldest etcd first. */
export function keptReports(): KeptReport[] {
  const files = readdirSync(FOLDER).filter((name) => name.endsWith('.json'));
  return files
    .map(
      (name) =>
        JSON.parse(readFileSync(join(FOLDER, name), 'utf8')) as KeptReport,
    )
    .sort((one, other) =>
      one.etcd.localeCompare(other.etcd, 'en', { numeric: true }),
    );
}

function etcdVersion(): string {
  const said = execFileSync(etcdBinary(), ['--version'], { encoding: 'utf8' });
  return /etcd Version: (\S+)/.exec(said)?.[1] ?? 'unknown';
}
