import { readFileSync, writeFileSync } from 'node:fs';
import { format } from 'prettier';
import { ensureNode } from '../../scripts/setup/node.mjs';
import { nginxBefore } from './network/nginx-before.js';
import { withTorture } from './run/evidence.js';
import { keep, keptReports } from './run/kept-reports.js';
import { optionsOf, USAGE } from './run/options.js';
import type { RoundReport } from './run/round.js';
import { torture } from './run/torture.js';

process.exitCode = await main();

async function main(): Promise<number> {
  let options;
  try {
    options = optionsOf(process.argv.slice(2));
  } catch (error) {
    console.error(`${(error as Error).message}\n\n${USAGE}`);
    return 1;
  }
  console.log(`first seed: ${options.seed}`);
  const nodes = new Map<number, string>();
  for (const major of options.nodes) nodes.set(major, await ensureNode(major));
  const report = await torture({
    ...options,
    nodes,
    proxiesBefore: nginxBefore,
    onRound: print,
  });
  if (options.evidence !== undefined) {
    keep(report);
    const before = readFileSync(options.evidence, 'utf8');
    const page = withTorture(before, keptReports());
    writeFileSync(options.evidence, await format(page, { parser: 'markdown' }));
  }
  return report.rounds.every(({ violations }) => violations.length === 0)
    ? 0
    : 1;
}

function print({ seed, figures, violations, directory }: RoundReport): void {
  const { operations, acquisitions, faults, lost } = figures;
  const sum = (counts: Record<string, number>) =>
    Object.values(counts).reduce((one, other) => one + other, 0);
  console.log(
    `seed ${seed}: ${sum(faults)} faults, ${operations} operations, ${sum(acquisitions)} acquisitions, ${sum(lost)} lost, ${violations.length} violations`,
  );
  for (const { check, at, detail } of violations) {
    console.error(`  ${check}${at ? ` at ${at.toFixed(1)}` : ''}: ${detail}`);
  }
  if (directory !== undefined) console.error(`  history: ${directory}`);
}
