import {
  type LockState,
  type LockStore,
  LockStoreError,
  type StoredKey,
  StoreError,
} from '../core/index.js';
import { lockStateOf, queueOf, ticketPages } from '../core/internal.js';

/**
 * All locks of a namespace, however many, in the order of their names in etcd and in pieces as they
 * are read: a lock's tickets have one prefix, so they come together.
 */
export async function* lockPages(
  store: LockStore,
  namespace: string,
  timeoutMs: number,
): AsyncGenerator<readonly LockState[]> {
  const reading = { store, requestTimeoutMs: timeoutMs };
  let prefix: string | undefined;
  let tickets: StoredKey[] = [];
  const taken = (): LockState[] =>
    prefix === undefined ? [] : [lockStateOf(namespace, prefix, tickets)];
  try {
    const pages = ticketPages(reading, namespace, Infinity);
    for await (const { keys, last } of pages) {
      const locks: LockState[] = [];
      for (const stored of keys) {
        const queue = queueOf(namespace, stored.key);
        if (queue === undefined) continue;
        if (queue !== prefix) {
          locks.push(...taken());
          prefix = queue;
          tickets = [];
        }
        tickets.push(stored);
      }
      if (last) locks.push(...taken());
      yield locks;
    }
  } catch (error) {
    if (error instanceof StoreError) throw LockStoreError.from('', error);
    throw error;
  }
}
