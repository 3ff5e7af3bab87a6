import { appendFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { HistoryFile, readHistory } from './history-file.js';

describe('a history', () => {
  let directory: string;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'history-'));
  });
  afterEach(() => rmSync(directory, { recursive: true }));

  it('puts what several processes did in the order of the monotonic clock', () => {
    const one = new HistoryFile(directory, 'one');
    const other = new HistoryFile(directory, 'other');
    one.add({ kind: 'look', id: 1, left: 5 }, { mono: 1, wall: 900 });
    one.add({ kind: 'look', id: 1, left: 3 }, { mono: 3, wall: 100 });
    other.add({ kind: 'healed' }, { mono: 2, wall: 500 });
    one.close();
    other.close();
    expect(readHistory(directory)).toEqual([
      { mono: 1, wall: 900, who: 'one', kind: 'look', id: 1, left: 5 },
      { mono: 2, wall: 500, who: 'other', kind: 'healed' },
      { mono: 3, wall: 100, who: 'one', kind: 'look', id: 1, left: 3 },
    ]);
  });

  it('reads what a killed process wrote, up to its last whole line', () => {
    const one = new HistoryFile(directory, 'one');
    one.add({ kind: 'healed' });
    appendFileSync(join(directory, 'one.ndjson'), '{"mono":');
    one.close();
    expect(readHistory(directory)).toHaveLength(1);
  });
});
