import type { LockState } from '../core/index.js';
import { age } from './age.js';
import { nameOf } from './lock-name.js';
import { textTable } from './text-table.js';
import { holdersOf, modeOf } from './ticket-text.js';

const HEAD = ['KEY', 'HELD BY', 'MODE', 'SINCE', 'WAITING'];

/** Locks, one in a line, in pieces of several lines. */
export function lockTable(
  locks: readonly LockState[],
  now: number,
  columns?: number,
): Generator<string> {
  const rows = locks.map((lock) => {
    const first = lock.holders[0] ?? lock.waiters[0];
    return [
      nameOf(lock),
      holdersOf(lock),
      first === undefined ? '' : modeOf(first),
      age(first?.since, now),
      String(lock.waiters.length),
    ];
  });
  return textTable(HEAD, rows, columns);
}

export function byKey(a: LockState, b: LockState): number {
  return a.key < b.key ? -1 : 1;
}
