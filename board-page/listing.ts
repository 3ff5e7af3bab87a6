import { ownerName } from '../lib/board/owner-name.js';
import type { ShownLock } from '../lib/board/wire.js';
import type { BoardStore } from './board-store.js';

export type Order = 'key' | 'held' | 'waiting';

export interface Wish {
  readonly search: string;
  readonly contendedOnly: boolean;
  readonly order: Order;
}

export interface Listed {
  readonly lock: ShownLock;
  /** Since when nobody holds it any more. */
  readonly freedAt?: number;
}

/** The locks that are wanted, in the order that is wanted. */
export function listing(store: BoardStore, wish: Wish): Listed[] {
  const words = wish.search.toLowerCase().split(/\s+/).filter(Boolean);
  const wanted = (lock: ShownLock) => {
    if (wish.contendedOnly && lock.waiting === 0) return false;
    const text = words.length === 0 ? '' : textOf(lock);
    return words.every((word) => text.includes(word));
  };
  const listed: Listed[] = [];
  for (const lock of store.locks.values()) {
    if (wanted(lock)) listed.push({ lock });
  }
  for (const { lock, at } of store.freed.values()) {
    if (wanted(lock)) listed.push({ lock, freedAt: at });
  }
  return listed.sort(ORDERS[wish.order]);
}

/** Since when a lock is held; for a holder that was found as one, since when it asked for it. */
export function heldSince({ holders }: ShownLock): number | undefined {
  return holders[0]?.heldFrom ?? holders[0]?.since;
}

const byKey = ({ lock: a }: Listed, { lock: b }: Listed) =>
  a.key < b.key ? -1 : a.key > b.key ? 1 : a.id < b.id ? -1 : 1;

const ORDERS: Record<Order, (a: Listed, b: Listed) => number> = {
  key: byKey,
  held: (a, b) =>
    (heldSince(a.lock) ?? Infinity) - (heldSince(b.lock) ?? Infinity) ||
    byKey(a, b),
  waiting: (a, b) => b.lock.waiting - a.lock.waiting || byKey(a, b),
};

const texts = new WeakMap<ShownLock, string>();

function textOf(lock: ShownLock): string {
  let text = texts.get(lock);
  if (text === undefined) {
    const owners = [...lock.holders, ...lock.waiters].map(
      (ticket) =>
        `${ownerName(ticket)} ${ticket.host ?? ''} ${ticket.pid ?? ''}`,
    );
    text = `${lock.key} ${owners.join(' ')}`.toLowerCase();
    texts.set(lock, text);
  }
  return text;
}
