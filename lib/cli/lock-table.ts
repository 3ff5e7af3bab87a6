import type { LockState } from '../core/index.js';
import { age } from './age.js';
import { nameOf } from './lock-name.js';
import { TextTable } from './text-table.js';
import { holdersOf, keptBy, modeOf } from './ticket-text.js';

const HEAD = ['KEY', 'HELD BY', 'MODE', 'SINCE', 'WAITING'];

/** Locks, one in a line, in as many pieces as they come in. */
export class LockTable {
  private readonly table: TextTable;

  constructor(columns?: number) {
    this.table = new TextTable(HEAD, columns);
  }

  lines(locks: readonly LockState[], now: number): string[] {
    return this.table.lines(locks.map((lock) => row(lock, now)));
  }
}

function row(lock: LockState, now: number): string[] {
  const first = lock.holders[0] ?? lock.waiters[0];
  return [
    nameOf(lock),
    holdersOf(lock),
    first === undefined ? '' : modeOf(first) + (keptBy(lock) ? ', kept' : ''),
    age(first?.since, now),
    String(lock.waiters.length),
  ];
}

export function byKey(a: LockState, b: LockState): number {
  return a.key < b.key ? -1 : 1;
}
