import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { age } from '../../lib/cli/age.js';
import { changeLines } from '../../lib/cli/change-lines.js';
import { lockPage } from '../../lib/cli/lock-page.js';
import { LockTable } from '../../lib/cli/lock-table.js';
import { TextTable } from '../../lib/cli/text-table.js';
import { folded, textWidth } from '../../lib/cli/text-width.js';
import { readyForJson } from '../../lib/core/api/json.js';
import type { LockState, TicketState } from '../../lib/core/index.js';

const NOW = Date.UTC(2030, 0, 1);

const ticket = (more: Partial<TicketState> = {}): TicketState =>
  readyForJson({
    ticket: 'locks/k/1f',
    createRevision: 7n,
    lease: '1f',
    mode: 'exclusive' as const,
    ...more,
  });
const owned = (pid: number, more: Partial<TicketState> = {}) =>
  ticket({ host: 'web-1', pid, label: 'api', since: NOW - 3000, ...more });
const lock = (
  holders: readonly TicketState[],
  waiters: readonly TicketState[] = [],
): LockState =>
  readyForJson({ key: 'k', etcdName: 'locks/k/', holders, waiters });

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
  const table = (columns?: number) => new TextTable(['KEY', 'B'], columns);

  it('aligns its columns, and keeps them from piece to piece', () => {
    const pieces = table();
    const [head, first] = pieces.lines([['a'.repeat(30), 'end']]);
    const [next] = pieces.lines([['b', 'end']]);

    expect(head).toBe(`KEY${' '.repeat(29)}B`);
    expect([first, next].map((line) => line!.indexOf('end'))).toEqual([32, 32]);
  });

  it('makes room for what is wider than anything before', () => {
    const pieces = table();
    pieces.lines([['a', 'end']]);
    const lines = pieces.lines([
      ['b'.repeat(20), 'end'],
      ['c', 'end'],
    ]);

    expect(lines.map((line) => line.indexOf('end'))).toEqual([22, 22]);
  });

  it('cuts the first column where the terminal is too narrow, and no other', () => {
    const [, line] = table(40).lines([['k'.repeat(100), '鍵'.repeat(5)]]);

    expect(line).toBe(`${'k'.repeat(27)}…  ${'鍵'.repeat(5)}`);
  });

  it('counts two columns for what is drawn in two, none for what is drawn over', () => {
    const lines = table().lines([
      ['鍵', 'end'],
      ['\u{1f512}', 'end'],
      ['e\u0301', 'end'],
    ]);

    expect(lines.slice(1).map((line) => textWidth(line))).toEqual([8, 8, 8]);
    expect(lines[1]).toBe('鍵   end');
  });
});

describe('a long line', () => {
  it('is folded into lines that fit', () => {
    expect(folded('abcdef', 4)).toEqual(['abcd', 'ef']);
    expect(folded('鍵鍵鍵', 3)).toEqual(['鍵', '鍵', '鍵']);
    expect(folded('', 3)).toEqual(['']);
  });
});

describe('a lock in the table', () => {
  it('names the first holder and counts the others and the waiters', () => {
    const shared = [owned(1), owned(2), owned(3)];
    const [, text] = new LockTable().lines([lock(shared, [owned(4)])], NOW);
    expect(text).toMatch(
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
      const [, text] = new LockTable().lines([state], NOW);
      expect(text!.split(' ')[0]).toBe(shown);
    },
  );

  it('is held by another client where the ticket does not say more', () => {
    const [, text] = new LockTable().lines([lock([ticket()])], NOW);
    expect(text).toMatch(/^k +another client +exclusive +0$/);
  });

  it('is said to be kept where its holder may not be using it', () => {
    const [, text] = new LockTable().lines(
      [lock([owned(1, { kept: true })])],
      NOW,
    );
    expect(text).toMatch(/^k +web-1 pid 1 \(api\) +exclusive, kept +3s +0$/);
    const [, held] = new LockTable().lines(
      [lock([owned(1)], [owned(2, { kept: true })])],
      NOW,
    );
    expect(held).not.toContain('kept');
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

  it('says that its holder keeps it, and not that a waiter does', () => {
    const kept = { kept: true } as const;
    const state = lock([owned(1, kept)], [owned(2, kept)]);
    const page = lockPage(state, NOW, new Map());
    expect(page).toMatch(/pid 1 \(api\) +holds, kept +exclusive +2029/);
    expect(page).toMatch(/pid 2 \(api\) +waits, 1\. +exclusive +2029/);
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

describe('the line of a change', () => {
  it.each([
    ['held', {}],
    ['kept', { kept: true } as const],
  ])('says that the lock is %s', (how, more) => {
    const out = new PassThrough({ encoding: 'utf8' });
    changeLines(out).changed([lock([owned(1, more)])], 7n);
    expect(out.read()).toMatch(
      new RegExp(` k is ${how} by web-1 pid 1 \\(api\\), 0 waiting\n$`),
    );
  });
});
