import { describe, expect, it } from 'vitest';
import { age } from '../../lib/cli/age.js';
import { lockPage } from '../../lib/cli/lock-page.js';
import { lockTable } from '../../lib/cli/lock-table.js';
import { textTable } from '../../lib/cli/text-table.js';
import type { LockState, TicketState } from '../../lib/core/index.js';

const NOW = Date.UTC(2030, 0, 1);

const ticket = (more: Partial<TicketState> = {}): TicketState => ({
  ticket: 'locks/k/1f',
  createRevision: 7n,
  lease: '1f',
  mode: 'exclusive',
  ...more,
});
const owned = (pid: number, more: Partial<TicketState> = {}) =>
  ticket({ host: 'web-1', pid, label: 'api', since: NOW - 3000, ...more });
const lock = (
  holders: readonly TicketState[],
  waiters: readonly TicketState[] = [],
): LockState => ({ key: 'k', etcdName: 'locks/k/', holders, waiters });

describe('age', () => {
  it.each([
    [NOW, '0ms'],
    [NOW - 90_000, '2m'],
    [NOW + 5_000, '5s ahead'],
    [undefined, ''],
    // What JSON makes of 1e999.
    [Infinity, ''],
    [-Infinity, ''],
  ])('of %s is %j', (since, text) => {
    expect(age(since, NOW)).toBe(text);
  });
});

describe('a table', () => {
  it('aligns its columns over all of its pieces', () => {
    const rows = Array.from({ length: 250 }, (_, row) => [
      `key ${row}`.padEnd(row === 200 ? 30 : 0, '.'),
      'end',
    ]);
    const pieces = [...textTable(['A', 'B'], rows)];
    expect(pieces.length).toBeGreaterThan(1);
    const lines = pieces.join('\n').split('\n');
    expect(lines).toHaveLength(251);
    const places = lines.slice(1).map((line) => line.lastIndexOf('end'));
    expect(new Set(places)).toEqual(new Set([32]));
  });

  it('cuts the first column where the terminal is too narrow, and no other', () => {
    const rows = [['k'.repeat(100), '鍵'.repeat(5)]];
    const [, line] = [...textTable(['KEY', 'B'], rows, 40)]
      .join('')
      .split('\n');
    expect(line).toMatch(/^k{10,}… +鍵{5}$/);
    expect(line!.length).toBeLessThanOrEqual(40);
  });
});

describe('a lock in the table', () => {
  it('names the first holder and counts the others and the waiters', () => {
    const shared = [owned(1), owned(2), owned(3)];
    const [text] = [...lockTable([lock(shared, [owned(4)])], NOW)];
    expect(text!.split('\n')[1]).toMatch(
      /^k +web-1 pid 1 \(api\) and 2 more +exclusive +3s +1$/,
    );
  });

  it.each([
    ['order:42', 'locks/order%3A42/', 'order:42'],
    ['order:42', 'locks/order:42/', 'locks/order:42/'],
    ['%ud800', 'locks/%ud800/', 'locks/%ud800/'],
    ['', 'locks//', 'locks//'],
  ])(
    'has the key %j of %s shown as %s, which `show` finds or etcdctl does',
    (key, etcdName, shown) => {
      const state = { ...lock([ticket()]), key, etcdName };
      const [text] = [...lockTable([state], NOW)];
      expect(text!.split('\n')[1]!.split(' ')[0]).toBe(shown);
    },
  );

  it('is held by another client where the ticket does not say more', () => {
    const [text] = [...lockTable([lock([ticket()])], NOW)];
    expect(text).toMatch(/k +another client +exclusive +0$/);
  });
});

describe('the page of a lock', () => {
  it('puts the waiters in their order, with the time and its distance', () => {
    const text = lockPage(
      lock([owned(1)], [owned(2), owned(3, { mode: 'permits', permits: 4 })]),
      NOW,
      new Map([['1f', 12_345]]),
    );
    expect(text).toMatch(
      /pid 1 \(api\) +holds +exclusive +2029-12-31T23:59:57.000Z \(3s\) +12 s left +7\n/,
    );
    expect(text).toMatch(
      /pid 2 .* waits, 1\. [^]*pid 3 .* waits, 2\. +4 permits/,
    );
  });

  it('survives what no clock says', () => {
    const page = lockPage(lock([owned(1, { since: 1e300 })]), NOW, new Map());
    expect(page).toContain('pid 1');
    const never = owned(1, { since: Infinity, lease: '0' });
    expect(lockPage(lock([never]), NOW, new Map())).toMatch(
      /holds +exclusive +7\n$/,
    );
  });

  it('shows names and metadata as text only', () => {
    const evil = '\u001b[2J';
    const holder = owned(1, { host: evil, metadata: { [evil]: evil } });
    const page = lockPage(lock([holder]), NOW, new Map());
    expect(page).toContain('{"\\u001b[2J":"\\u001b[2J"}');
    expect(page).not.toContain('\u001b');
  });
});
