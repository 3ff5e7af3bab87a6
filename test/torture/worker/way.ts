import type { Lock, LockClient } from '../../../lib/core/index.js';
import type { Wish } from './wish.js';

/** How a process takes locks: by hand, or by the decorator. */
export interface Way {
  readonly client: LockClient;
  /** Resolves when the lock is given back; rejects with what the library threw. */
  take(wish: Wish, inside: (lock: Lock) => Promise<void>): Promise<void>;
  close(): Promise<void>;
}

/** Of a try that found the lock taken. */
export class Busy extends Error {
  readonly code = 'LOCK_BUSY';
}
