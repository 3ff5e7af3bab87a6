import type { JsonOf } from './json.js';
import type { LockMetadata } from './lock.js';

/**
 * One ticket in the queue of a lock, as `inspect` and `list` show it. `JSON.stringify` takes it, with
 * its revision as a string: see `JsonOf`.
 */
export interface TicketState {
  /** The ticket's key in etcd. */
  readonly ticket: string;
  /** Its place in the queue: the revision that created it. */
  readonly createRevision: bigint;
  /** The lease it dies with, in hexadecimal; `'0'` for none. */
  readonly lease: string;
  readonly mode: 'exclusive' | 'shared' | 'permits';
  readonly permits?: number;
  /** Absent on tickets of other clients, such as `etcdctl lock`. */
  readonly host?: string;
  readonly pid?: number;
  readonly label?: string;
  /** When the ticket was written, by the clock of the process that wrote it, in ms. */
  readonly since?: number;
  /** The trace of whoever wrote it, as a W3C `traceparent`, where tracing is on. */
  readonly trace?: string;
  readonly metadata?: LockMetadata;
  /**
   * Set on a ticket that its process may keep between holds, so also on one that still waits. Of a
   * holder it says that the lock may be unused just now. `since`, `trace` and `metadata` are
   * of the call that put the ticket.
   */
  readonly kept?: true;
  /**
   * Set on a ticket that another program wrote and that does not say what it is, is larger than
   * 64 KiB, or has metadata nested deeper than 100 levels, which is left out. It keeps its place.
   */
  readonly unreadable?: true;
  /** What `JSON.stringify` writes, with the revision as a string of digits. Not an own property. */
  toJSON(): JsonOf<TicketState>;
}

/** A lock with all of its tickets, at one revision of etcd. `JSON.stringify` takes it. */
export interface LockState {
  readonly key: string;
  readonly etcdName: string;
  readonly holders: readonly TicketState[];
  /** In the order in which they will be served. */
  readonly waiters: readonly TicketState[];
  /** What `JSON.stringify` writes, with revisions as strings of digits. Not an own property. */
  toJSON(): JsonOf<LockState>;
}

/**
 * Hears what becomes of the locks of a namespace, whoever takes them. What it throws or
 * rejects with is ignored.
 */
export interface LockWatcher {
  /** All locks that somebody holds or waits for: at the start, and after an interruption. */
  snapshot(locks: readonly LockState[], revision: bigint): void;
  /** The locks that changed, as they are now. One without holders and waiters is gone. */
  changed(locks: readonly LockState[], revision: bigint): void;
  /** Nothing is heard until the next snapshot, which is tried for until the end. */
  interrupted(error: Error): void;
}
