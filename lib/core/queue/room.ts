import type { LockMode } from '../api/lock.js';
import type { RangeReply } from '../store/lock-store.js';
import { QueueOrder } from './queue-order.js';

/** Whether whoever came now would be admitted, and why not. */
export type Room =
  | { readonly why: 'room' | 'taken' }
  | { readonly why: 'conflict'; readonly detail: string }
  /** All that is in the way are tickets that may be kept, and nobody else waits for them. */
  | { readonly why: 'kept'; readonly keepers: readonly string[] };

/** Looks for room behind all who stand in the queues, and `before` others on the same terms. */
export function roomBehind(
  queues: readonly RangeReply['keys'][],
  lockMode: LockMode,
  before = 0,
): Room {
  const orders = queues.map((keys) => QueueOrder.of(keys));
  for (const order of orders) {
    const detail = order.conflictBefore(order.tickets.length, lockMode);
    if (detail !== undefined) return { why: 'conflict', detail };
  }
  const taken = orders.filter((order) => order.roomFor(lockMode) <= before);
  if (taken.length === 0) return { why: 'room' };
  const keepers = taken.flatMap(({ onlyKeeper }) => onlyKeeper ?? []);
  return keepers.length === taken.length
    ? { why: 'kept', keepers }
    : { why: 'taken' };
}
