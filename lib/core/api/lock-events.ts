import type { LostReason } from './errors.js';
import type { JsonOf } from './json.js';

/**
 * Why a kept lock is given up, or lost:
 *
 * - `wanted`: somebody else asks for it
 * - `unused`: nobody of this process did for the time of `keep`
 * - `too-many`: others were used later, and `maxKept` are enough
 * - `deaf`: this process may not hear any more who asks for it
 * - `closed`: the client closes
 * - `lost`: its session is over, its ticket was deleted, or etcd has gone back
 */
export type KeptEndReason =
  'wanted' | 'unused' | 'too-many' | 'deaf' | 'closed' | 'lost';

/** What the events of one call of `acquire`, `tryAcquire` or `withLock` have in common. */
export interface CallEvent {
  /** Names the call among those of this client. Re-entered locks are no calls of their own. */
  readonly call: number;
  /** What the user named; several keys are joined with `, `. */
  readonly key: string;
  /** As given with the call. */
  readonly template: string | undefined;
}

/**
 * What a client tells its observers, in the order in which it happens. Every `requested` is
 * followed by exactly one of `acquired`, `busy`, `timeout` and `failed`; every `acquired` by one of
 * `released` and `lost`. `at` is a wall-clock time in ms. Events are frozen.
 * `JSON.stringify` takes them, with tokens as strings and errors as name, message and fields.
 */
export type LockEvent = {
  readonly at: number;
  /** What `JSON.stringify` writes. Not an own property: copies of an event do not have it. */
  toJSON(): JsonOf<LockEvent>;
} & (
  | /** Told within the call, in its asynchronous context. */ ({
      readonly type: 'requested';
    } & CallEvent)
    /** The call stands in etcd's queue behind `ahead` others. Not told of waits behind this process. */
  | ({ readonly type: 'waiting'; readonly ahead: number } & CallEvent)
  | ({
      readonly type: 'acquired';
      readonly fencingToken: bigint;
      readonly waitedMs: number;
      /**
       * After a wait: how long after this process had released the lock, or had heard that another
       * one had. How long that news was on its way nobody knows.
       */
      readonly handOverMs: number | undefined;
      /** Set where it was taken without a message to etcd, for this process had kept it. */
      readonly kept?: true;
    } & CallEvent)
  | ({
      readonly type: 'released';
      readonly heldMs: number;
      /** Set where this process keeps the lock, so that etcd knows nothing of the release. */
      readonly kept?: true;
    } & CallEvent)
  /** A lock is kept no longer, though nobody used it. */
  | {
      readonly type: 'kept-ended';
      readonly key: string;
      readonly template: string | undefined;
      readonly reason: KeptEndReason;
    }
  | ({ readonly type: 'busy' } & CallEvent)
  | ({ readonly type: 'timeout'; readonly waitedMs: number } & CallEvent)
  /** The call ended without the lock, for another reason than somebody who holds it. */
  | ({
      readonly type: 'failed';
      readonly waitedMs: number;
      readonly error: unknown;
    } & CallEvent)
  | ({
      readonly type: 'lost';
      readonly reason: LostReason;
      readonly heldMs: number;
    } & CallEvent)
  /**
   * Nobody has a handle on the lock any more, and nobody released it. It is held on, as before: who
   * dropped the handle may still be at work under it, and only they know when that ends.
   */
  | ({ readonly type: 'abandoned' } & CallEvent)
  /** A decorated method was not run, because its lock was busy or etcd could not be asked. */
  | {
      readonly type: 'skipped';
      readonly key: string;
      readonly template: string | undefined;
    }
  /** A keep-alive was acknowledged when the lease was surely good for another `marginMs`. */
  | {
      readonly type: 'renewed';
      readonly lease: string;
      readonly marginMs: number;
      readonly ttlMs: number;
    }
  /** The lease's keep-alive is late; unless one succeeds, its locks are lost in `remainingMs`. */
  | {
      readonly type: 'renewal-late';
      readonly lease: string;
      readonly remainingMs: number;
    }
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
  /** etcd was restored from a backup: tokens may be lower than some that were given before. */
  | {
      readonly type: 'revision-went-back';
      readonly seen: bigint;
      readonly now: bigint;
    }
  /** etcd was restored from a backup with `--bump-revision`: tokens go on growing. */
  | {
      readonly type: 'revision-leapt';
      readonly seen: bigint;
      readonly now: bigint;
    }
  /** Something that nobody awaits went wrong, such as the removal of a ticket. */
  | { readonly type: 'background-failure'; readonly error: Error }
);

/** The `type` of every event there is. */
export const LOCK_EVENT_TYPES = [
  'requested',
  'waiting',
  'acquired',
  'released',
  'kept-ended',
  'busy',
  'timeout',
  'failed',
  'lost',
  'abandoned',
  'skipped',
  'renewed',
  'renewal-late',
  'session-opened',
  'session-lost',
  'revision-went-back',
  'revision-leapt',
  'background-failure',
] as const satisfies readonly LockEvent['type'][];

type WithoutTime<Event> = Event extends unknown
  ? Omit<Event, 'at' | 'toJSON'>
  : never;

export type UntimedLockEvent = WithoutTime<LockEvent>;

/** Hears each event of a client. What it throws or rejects with is ignored. */
export type LockListener = (event: LockEvent) => void;
