import { type Figure, type Finding, isMet } from '../figure.js';
import type { Summary } from '../statistics.js';

/** The figures of one measure, and below them what they were made from. */
export function tableOf(finding: Finding): string {
  const rows = finding.figures.map((figure) => [
    figure.what,
    withUnit(figure.value.median, figure.unit),
    spread(figure.value),
    figure.target?.text ?? '',
    verdict(figure),
  ]);
  const blocks = [
    aligned([['', 'median', 'spread', 'target', ''], ...rows], [1, 2]),
  ];
  for (const { what, unit, values } of finding.series ?? []) {
    const lines = values.map(({ name, value }) => [
      name,
      number(value.median),
      spread(value),
    ]);
    blocks.push(
      aligned([[`${what} (${unit})`, 'median', 'spread'], ...lines], [1, 2]),
    );
  }
  return [...blocks, ...(finding.notes ?? [])].join('\n\n');
}

export function verdict({ value, target, reach }: Figure): string {
  const reached = reach && isMet(value, reach);
  if (target === undefined) {
    return reach ? `${reached ? 'reached' : 'not reached'}: ${reach.text}` : '';
  }
  if (!isMet(value, target)) return 'MISSED';
  if (reach === undefined) return 'met';
  return reached ? `met, and reached ${reach.text}` : `met, not ${reach.text}`;
}

export function withUnit(value: number, unit: Figure['unit']): string {
  return unit === '' ? number(value) : `${number(value)} ${unit}`;
}

export function spread({ lowest, highest }: Summary): string {
  return `${number(lowest)} – ${number(highest)}`;
}

/** Three figures that mean something; whole numbers from a hundred on. */
export function number(value: number): string {
  const digits = Math.max(0, 2 - Math.floor(Math.log10(Math.abs(value) || 1)));
  return value.toLocaleString('en', {
    maximumFractionDigits: Math.min(digits, 4),
    minimumFractionDigits: Number.isInteger(value) ? 0 : Math.min(digits, 4),
  });
}

function aligned(rows: readonly string[][], right: readonly number[]): string {
  const widths = rows[0]!.map((_, column) =>
    Math.max(...rows.map((row) => row[column]!.length)),
  );
  const line = (row: string[]) =>
    row
      .map((cell, column) =>
        right.includes(column)
          ? cell.padStart(widths[column]!)
          : cell.padEnd(widths[column]!),
      )
      .join('   ')
      .trimEnd();
  return rows.map((row) => `  ${line(row)}`).join('\n');
}
