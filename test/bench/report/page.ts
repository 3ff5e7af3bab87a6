import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { format } from 'prettier';
import type { Finding } from '../figure.js';
import { chartOf } from './chart.js';
import type { Report } from './report.js';
import { number, spread, verdict, withUnit } from './table.js';

/** Writes docs/benchmark.md and the chart in it. */
export async function writePages(report: Report): Promise<void> {
  const docs = new URL('../../../docs/', import.meta.url);
  const series = report.findings.flatMap((finding) => finding.series ?? []);
  write(new URL('benchmark.svg', docs), chartOf(series));
  const page = await format(pageOf(report), { parser: 'markdown' });
  write(new URL('benchmark.md', docs), page);
}

export function pageOf({
  machine,
  node,
  size,
  findings,
  notes,
}: Report): string {
  return [
    '# Benchmark',
    `Made by \`npm run bench -- ${size === 'full' ? '--full ' : ''}--docs\` on one machine with ${machine.cores} cores (${machine.cpu}), Node ${node}, one etcd member and Redis, all of them and the callers on these cores, all data on the same disk. Absolute figures belong to that machine; the ratios travel better. Where there are contestants they take turns; a ratio is formed in each round, and the figure is the median of the rounds, with the lowest and the highest beside it. Wherever a key is wanted by several, nobody may meet anybody inside it, neither in passing nor in a round of its own in which every holder stays for a while, and tokens have to grow; one violation fails the benchmark.`,
    '![Acquire and release, independent keys, and one key wanted by several processes](benchmark.svg)',
    ...notes,
    ...findings.flatMap(sectionOf),
    '',
  ]
    .join('\n\n')
    .trimEnd()
    .concat('\n');
}

function sectionOf(finding: Report['findings'][number]): string[] {
  return [
    `## ${finding.id}: ${finding.title}`,
    targetsOf(finding),
    ...(finding.series ?? []).map(({ what, unit, values }) =>
      rows([
        [`${what} (${unit})`, 'median', 'spread'],
        ...values.map(({ name, value }) => [
          name,
          number(value.median),
          spread(value),
        ]),
      ]),
    ),
    ...(finding.notes ?? []),
  ];
}

function targetsOf({ figures }: Finding): string {
  return rows([
    ['', 'median', 'spread', 'target', ''],
    ...figures.map((figure) => [
      figure.what,
      withUnit(figure.value.median, figure.unit),
      spread(figure.value),
      figure.target?.text ?? '',
      verdict(figure),
    ]),
  ]);
}

function rows([head = [], ...body]: string[][]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...body.map(line)].join(
    '\n',
  );
}

function write(url: URL, content: string): void {
  writeFileSync(fileURLToPath(url), content);
}
