import type { Terminal } from './terminal.js';
import { cut } from './text-width.js';

const ESC = '\u001b[';
const HIDE_CURSOR = `${ESC}?25l`;
const SHOW_CURSOR = `${ESC}?25h`;
const ERASE_REST_OF_LINE = `${ESC}K`;
const ERASE_BELOW = `${ESC}J`;

/** Lines that are drawn in one place of a terminal, again and again. */
export class LivePicture {
  private height = 0;

  constructor(private readonly out: Terminal['stdout']) {}

  /** A line that is wider than the terminal would take two, and the next picture stand lower. */
  draw(lines: readonly string[]): void {
    const { columns = 80 } = this.out;
    const up = this.height === 0 ? HIDE_CURSOR : `\r${ESC}${this.height}A`;
    const text = lines
      .map((line) => `${cut(line, columns)}${ERASE_REST_OF_LINE}\n`)
      .join('');
    this.out.write(up + text + ERASE_BELOW);
    this.height = lines.length;
  }

  /** Leaves what was drawn last, and gives the cursor back. */
  end(): void {
    if (this.height > 0) this.out.write(SHOW_CURSOR);
    this.height = 0;
  }
}
