import type { Timeline } from './timeline.js';

/** One line of the closing table. */
export interface Verdict {
  readonly what: string;
  readonly promised: string;
  readonly seen: string;
  /** `'no promise'`: shown for comparison, decides nothing. */
  readonly kept: boolean | 'no promise';
}

export function printVerdicts(
  verdicts: readonly Verdict[],
  timeline: Timeline,
): void {
  const rows = [
    { mark: '', what: '', promised: 'promised', seen: 'seen' },
    ...verdicts.map((verdict) => ({ ...verdict, mark: markOf(verdict) })),
  ];
  const width = (column: 'what' | 'promised' | 'mark') =>
    Math.max(...rows.map((row) => row[column].length));
  for (const { mark, what, promised, seen } of rows) {
    const line = [
      mark.padEnd(width('mark')),
      what.padEnd(width('what')),
      promised.padEnd(width('promised')),
      seen,
    ].join('  ');
    const color = { ok: 32, BROKEN: 31, '': 1 }[mark] ?? 33;
    timeline.print(timeline.paint(color, line));
  }
}

function markOf({ kept }: Verdict): string {
  if (kept === 'no promise') return '-';
  return kept ? 'ok' : 'BROKEN';
}
