import type { Writable } from 'node:stream';
import type { LockState } from '../core/index.js';
import { nameOf } from './lock-name.js';
import { printable } from './printable.js';
import { holdersOf, keptBy } from './ticket-text.js';
import type { WatchView } from './watch-view.js';

/** One line of text for each lock that changed. */
export function changeLines(out: Writable): WatchView {
  const write = (text: string) =>
    out.write(`${new Date().toISOString()} ${text}\n`);
  const writeAll = (locks: readonly LockState[]) => {
    for (const lock of locks) write(sentence(lock));
  };
  return {
    snapshot: writeAll,
    changed: writeAll,
    interrupted: ({ message }) => write(`interrupted: ${printable(message)}`),
  };
}

/** One line of JSON for each piece of news. */
export function jsonLines(out: Writable): WatchView {
  const write = (news: object) =>
    out.write(`${printable(JSON.stringify(news))}\n`);
  return {
    snapshot: (locks, revision) =>
      write({ event: 'snapshot', revision: `${revision}`, locks }),
    changed: (locks, revision) =>
      write({ event: 'changed', revision: `${revision}`, locks }),
    interrupted: ({ message }) => write({ event: 'interrupted', message }),
  };
}

function sentence(lock: LockState): string {
  const name = nameOf(lock);
  if (lock.holders.length === 0) return `${name} is free`;
  const how = keptBy(lock) ? 'kept' : 'held';
  return `${name} is ${how} by ${holdersOf(lock)}, ${lock.waiters.length} waiting`;
}
