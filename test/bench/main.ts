import { writeFileSync } from 'node:fs';
import { Bench } from './bench.js';
import { ExclusionViolated } from './exclusion.js';
import { isMet } from './figure.js';
import { measures } from './measures/index.js';
import { notesOnMissing } from './missing.js';
import { optionsOf, USAGE } from './options.js';
import { tableOf } from './report/table.js';
import { type Report, reportOf } from './report/report.js';
import { writePages } from './report/page.js';

process.exitCode = await main();

async function main(): Promise<number> {
  let options;
  try {
    options = optionsOf(process.argv.slice(2));
  } catch (error) {
    console.error(`${(error as Error).message}\n\n${USAGE}`);
    return 1;
  }
  const { size, only, json, docs } = options;
  const chosen = measures.filter(
    ({ id }) => only.length === 0 || only.includes(id),
  );
  const unknown = only.filter((id) => !chosen.some((one) => one.id === id));
  if (unknown.length > 0) {
    console.error(`There is no ${unknown.join(', ')}.\n\n${USAGE}`);
    return 1;
  }

  const measured = import.meta.resolve('nestjs-etcd-lock');
  if (!measured.endsWith('/dist/esm/index.js')) {
    throw new Error(`This would measure ${measured}: use npm run bench.`);
  }
  const bench = await Bench.start(size, {
    go: process.env['BENCH_GO'] || undefined,
    redis: Boolean(process.env['REDIS_BIN']),
  });
  const report = reportOf(size);
  report.notes.push(...notesOnMissing(bench.found));
  try {
    for (const { id, title, run } of chosen) {
      console.log(`\n== ${id}  ${title}\n`);
      const finding = await run(bench);
      await bench.stopRunners();
      report.findings.push({ id, title, ...finding });
      console.log(tableOf(finding));
    }
  } catch (error) {
    if (!(error instanceof ExclusionViolated)) throw error;
    console.error(`\nA LOCK DID NOT EXCLUDE:\n${error.message}`);
    return 1;
  } finally {
    await bench.stop();
  }
  console.log(`\n${summaryOf(report)}`);
  if (json !== undefined) {
    writeFileSync(json, `${JSON.stringify(report, null, 2)}\n`);
  }
  if (docs) await writePages(report);
  return 0;
}

function summaryOf({ findings, notes }: Report): string {
  const figures = findings.flatMap(({ id, figures }) =>
    figures.map((figure) => ({ id, ...figure })),
  );
  const aimed = figures.filter(({ target }) => target !== undefined);
  const missed = aimed.filter(({ value, target }) => !isMet(value, target!));
  return [
    `Nobody met anybody inside a lock. ${aimed.length - missed.length} of ${aimed.length} targets are met.`,
    ...missed.map(
      ({ id, what, target }) => `  missed: ${id} ${what}, ${target!.text}`,
    ),
    ...notes,
  ].join('\n');
}
