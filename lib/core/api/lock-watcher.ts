import type { LockState } from './lock-state.js';

/**
 * Hears what becomes of the locks of a namespace, whoever takes them. What it throws is ignored.
 */
export interface LockWatcher {
  /** All locks that somebody holds or waits for: at the start, and after an interruption. */
  snapshot(locks: readonly LockState[], revision: bigint): void;
  /** The locks that changed, as they are now. One without holders and waiters is gone. */
  changed(locks: readonly LockState[], revision: bigint): void;
  /** Nothing is heard until the next snapshot, which is tried for until the end. */
  interrupted(error: Error): void;
}
