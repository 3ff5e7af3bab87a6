import Table from 'cli-table3';

/** A table of many rows takes the library time that grows with their square. */
const ROWS_AT_ONCE = 100;

const GAP = 2;
const NARROWEST = 12;
const WITHOUT_A_TERMINAL = 200;

const NO_BORDERS = {
  ...{ top: '', 'top-mid': '', 'top-left': '', 'top-right': '' },
  ...{ bottom: '', 'bottom-mid': '', 'bottom-left': '', 'bottom-right': '' },
  ...{ left: '', 'left-mid': '', mid: '', 'mid-mid': '' },
  ...{ right: '', 'right-mid': '', middle: '' },
};

/**
 * The lines of a table, in pieces. The first column is cut short where the table would be wider
 * than `columns`.
 */
export function* textTable(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  columns = WITHOUT_A_TERMINAL,
): Generator<string> {
  const lines = [head, ...rows];
  const colWidths = widths(lines, columns);
  for (let start = 0; start < lines.length; start += ROWS_AT_ONCE) {
    const table = new Table({
      colWidths,
      chars: NO_BORDERS,
      style: {
        'padding-left': 0,
        'padding-right': GAP,
        head: [],
        border: [],
        compact: true,
      },
    });
    table.push(
      ...lines.slice(start, start + ROWS_AT_ONCE).map((cells) => [...cells]),
    );
    yield table.toString().replace(/ +$/gm, '');
  }
}

function widths(
  lines: readonly (readonly string[])[],
  columns: number,
): number[] {
  const wanted = lines[0]!.map((_, column) =>
    lines.reduce(
      (most, cells) => Math.max(most, width(cells[column]!) + GAP),
      0,
    ),
  );
  const [first = 0, ...others] = wanted;
  const left = columns - others.reduce((sum, each) => sum + each, 0);
  return [Math.min(first, Math.max(left, NARROWEST)), ...others];
}

/** At least what it takes: beyond the alphabets many characters are two columns wide. */
function width(text: string): number {
  let columns = 0;
  for (const character of text) columns += character < '\u1100' ? 1 : 2;
  return columns;
}
