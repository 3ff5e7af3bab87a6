import type { LockError, LostReason } from './errors.js';

/** What a client tells its observers. `key` is what the user named, `at` a wall-clock time in ms. */
export type LockEvent = { readonly at: number } & (
  | { readonly type: 'waiting'; readonly key: string; readonly ahead: number }
  | {
      readonly type: 'acquired';
      readonly key: string;
      readonly fencingToken: bigint;
      readonly waitedMs: number;
    }
  | { readonly type: 'released'; readonly key: string; readonly heldMs: number }
  | { readonly type: 'busy'; readonly key: string }
  | {
      readonly type: 'timeout';
      readonly key: string;
      readonly waitedMs: number;
    }
  | { readonly type: 'lost'; readonly key: string; readonly reason: LostReason }
  /** The leases's keep-alive is late; unless one succeeds, its locks are lost in `remainingMs`. */
  | { readonly type: 'danger'; readonly remainingMs: number }
  | {
      readonly type: 'session-opened';
      readonly lease: string;
      readonly ttlMs: number;
    }
  | {
      readonly type: 'session-lost';
      readonly lease: string;
      readonly detail: string;
    }
  /** Something that nobody awaits went wrong, such as the removal of a ticket. */
  | { readonly type: 'background-failure'; readonly error: Error | LockError }
);

export type LockListener = (event: LockEvent) => void;
