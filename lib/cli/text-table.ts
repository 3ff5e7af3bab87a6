import { cut, textWidth } from './text-width.js';

const GAP = 2;
const NARROWEST = 12;
const WITHOUT_A_TERMINAL = 200;

/**
 * Plain aligned columns. A table may be written in pieces: each column stays as wide as the widest
 * cell so far. The first column is cut short where the table would be wider than `columns`.
 */
export class TextTable {
  private widths: readonly number[];
  private begun = false;

  constructor(
    private readonly head: readonly string[],
    private readonly columns = WITHOUT_A_TERMINAL,
  ) {
    this.widths = head.map(textWidth);
  }

  /** The next lines of the table, before the first of them the head. */
  lines(rows: readonly (readonly string[])[]): string[] {
    this.widths = this.widths.map((width, column) =>
      rows.reduce(
        (most, row) => Math.max(most, textWidth(row[column]!)),
        width,
      ),
    );
    const drawn = this.begun ? rows : [this.head, ...rows];
    this.begun = true;
    const [first = 0, ...others] = this.widths;
    const left =
      this.columns - others.reduce((sum, each) => sum + each + GAP, 0);
    const widths = [Math.min(first, Math.max(left, NARROWEST)), ...others];
    return drawn.map((row) => line(row, widths));
  }
}

function line(cells: readonly string[], widths: readonly number[]): string {
  return cells
    .map((cell, column) => {
      const text = cut(cell, widths[column]!);
      return text + ' '.repeat(widths[column]! - textWidth(text) + GAP);
    })
    .join('')
    .trimEnd();
}
