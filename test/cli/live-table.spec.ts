import { PassThrough } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { LiveTable } from '../../lib/cli/live-table.js';
import { readyForJson } from '../../lib/core/api/json.js';
import type { LockState } from '../../lib/core/index.js';

const lock = (key: string): LockState =>
  readyForJson({
    key,
    etcdName: `locks/${key}/`,
    holders: [
      readyForJson({
        ticket: 't',
        createRevision: 2n,
        lease: '1',
        mode: 'exclusive' as const,
      }),
    ],
    waiters: [],
  });
const free = (key: string) => ({ ...lock(key), holders: [] });

/** What a terminal shows that is written so. */
function screen(written: string): string[] {
  const lines: string[] = [''];
  let row = 0;
  const pattern = /\p{Cc}\[(\?\d+|\d*)([A-Za-z])|\r|\n|\P{Cc}+/gu;
  for (const [part, count, action] of written.matchAll(pattern)) {
    if (part === '\n') lines[(row += 1)] ??= '';
    else if (action === 'A') row -= Number(count);
    else if (action === 'J') lines.splice(row);
    else if (action === undefined && part !== '\r') lines[row] = part;
  }
  return lines;
}

describe('the live table', () => {
  let out: PassThrough & { columns?: number; rows?: number };
  let table: LiveTable;
  let written: string;
  beforeEach(() => {
    vi.useFakeTimers();
    out = new PassThrough({ encoding: 'utf8' });
    out.on('data', (text: string) => (written += text));
    written = '';
    table = new LiveTable(out);
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it('draws nothing before it knows the locks', () => {
    table.tick();
    table.end();
    expect(written).toBe('');

    table.snapshot([], 5n);
    table.tick();
    expect(written).toContain('0 locks · revision 5');
  });

  it('draws over what it drew before, of whatever height', () => {
    table.snapshot([lock('a'), lock('b'), lock('c')], 5n);
    table.tick();
    table.changed([free('b'), free('c')], 7n);
    table.tick();

    expect(screen(written)).toEqual([
      '1 lock · revision 7',
      'KEY  HELD BY         MODE       SINCE  WAITING',
      'a    another client  exclusive         0',
    ]);
  });

  it('never draws more lines than the terminal has, nor wider ones', () => {
    Object.assign(out, { columns: 30, rows: 8 });
    const many = Array.from({ length: 50 }, (_, index) => lock(`k${index}`));
    table.snapshot(many, 5n);
    table.interrupted(new Error(`etcd is away ${'and away '.repeat(10)}`));

    const lines = screen(written);
    expect(lines.length).toBeLessThan(8);
    for (const line of lines) expect(line.length).toBeLessThanOrEqual(30);
    expect(lines.join('')).toMatch(/… and \d+ more$/);
  });

  it('hides the cursor while it draws, and gives it back', () => {
    table.snapshot([], 5n);
    table.tick();
    expect(written.startsWith('\u001b[?25l')).toBe(true);
    expect(written).not.toContain('\u001b[?25h');

    table.end();
    expect(written.endsWith('\u001b[?25h')).toBe(true);
  });
});
