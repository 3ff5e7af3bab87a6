/** The store's change counter. It grows with every change, over all keys. Compare with `<`. */
export type Revision = bigint;

/** Names a lease. Tickets carry it in hexadecimal, as etcd's own lock recipe does. */
export type LeaseId = bigint;

/**
 * One key, or with `end`, which is greater, every key from `key` up to, not including, `end` in
 * byte order.
 */
export interface KeyRange {
  readonly key: string;
  readonly end?: string;
}

/** A key as it stands in the store. */
export interface StoredKey {
  readonly key: string;
  readonly value: string;
  readonly createRevision: Revision;
  readonly modRevision: Revision;
  /** Number of puts since the key was created; starts at 1. */
  readonly version: bigint;
  /** The lease it dies with; `0n` for none. */
  readonly lease: LeaseId;
}

/**
 * A condition on one key or on every key of a range. An absent key counts as all zero; a range
 * with no keys in it likewise, so `create = 0` over a range says "nothing is there".
 */
export interface Comparison {
  readonly range: KeyRange;
  readonly target: 'create' | 'mod' | 'version';
  readonly is: '=' | '!=' | '<' | '>';
  readonly to: bigint;
}

/** Reads keys in order, by default the oldest first. */
export interface RangeOperation {
  readonly kind: 'range';
  readonly range: KeyRange;
  /** Leave the values out, and whose lease a key is on: etcd from 3.7 on says `0n` then. */
  readonly keysOnly?: boolean;
  /** At most this many keys, at least 1; the reply's `count` still counts all of them. */
  readonly limit?: number;
  /**
   * By create revision, or in byte order of the keys, in which a long range can be read in pieces.
   *
   * @default 'age'
   */
  readonly orderBy?: 'age' | 'key';
}

/**
 * One step of a transaction. A put keeps the create revision of a key that exists, also when it
 * moves the key to another lease.
 */
export type Operation =
  | {
      readonly kind: 'put';
      readonly key: string;
      readonly value: string;
      readonly lease?: LeaseId;
    }
  | { readonly kind: 'delete'; readonly range: KeyRange }
  | RangeOperation
  | { readonly kind: 'transaction'; readonly transaction: Transaction };

/**
 * Compares, then runs one of two lists of operations, all at one revision.
 *
 * Every comparison, also of a nested transaction, sees the state before the whole transaction.
 * Operations see what earlier operations of the same transaction did. No key may be put twice, or
 * both put and deleted.
 */
export interface Transaction {
  readonly compare: readonly Comparison[];
  readonly success: readonly Operation[];
  readonly failure: readonly Operation[];
}

/** What a range operation found. */
export interface RangeReply {
  readonly kind: 'range';
  readonly keys: readonly StoredKey[];
  /** How many keys the range holds, whatever `limit` says. */
  readonly count: number;
}

/** What one operation of a transaction did, by its kind. */
export type OperationReply =
  | { readonly kind: 'put' }
  | { readonly kind: 'delete'; readonly deleted: number }
  | RangeReply
  | {
      readonly kind: 'transaction';
      readonly succeeded: boolean;
      readonly replies: readonly OperationReply[];
    };

/** What became of a transaction. */
export interface TransactionReply {
  /** The store's revision after the transaction; its own revision if it changed anything. */
  readonly revision: Revision;
  readonly succeeded: boolean;
  readonly replies: readonly OperationReply[];
}

/** A lease that the store has opened. */
export interface GrantedLease {
  readonly id: LeaseId;
  /** What the store promises, in milliseconds. It may differ from what was asked for. */
  readonly ttlMs: number;
}

/** What a lease will take along when it ends. */
export interface AttachedKeys {
  readonly keys: readonly string[];
  readonly revision: Revision;
}

/** What each call on a store is told. */
export interface CallOptions {
  /** The call must have ended, one way or the other, after this many milliseconds. */
  readonly timeoutMs: number;
}

/** One change of a watched key. */
export type WatchEvent =
  | { readonly kind: 'put'; readonly stored: StoredKey }
  | {
      readonly kind: 'delete';
      readonly key: string;
      readonly modRevision: Revision;
    };

/**
 * Hears one watch. Calls come in order and never from inside `watch()` itself; after `ended`, and
 * after `cancel()`, none come.
 */
export interface WatchListener {
  /**
   * From here on every event after `revision` is delivered, in order, or the watch ends. A member
   * that lags behind names the revision it has got to.
   */
  created(revision: Revision): void;
  events(events: readonly WatchEvent[]): void;
  /**
   * The watch is over and anything may have been missed since the last event: read again, then
   * watch again. Stores do not resume a watch themselves.
   */
  ended(error: StoreError): void;
}

/** What a watch tells, and whether it is worth staying for. */
export interface WatchOptions {
  /** Leaves the puts out. @default false */
  readonly deletesOnly?: boolean;
  /**
   * Does not keep the process alive. A store over a client of somebody else's may not be able to help
   * it.
   *
   * @default false
   */
  readonly background?: boolean;
}

/** A watch that is open. */
export interface Watch {
  /**
   * Ends the watch without a call to `ended`. `'silent'` tells the store that this watch missed
   * something, so that it replaces the connection behind it.
   */
  cancel(why?: 'done' | 'silent'): void;
}

/**
 * The few operations of a store that every lock in this library is built from.
 *
 * Implementations are linearizable: once a call resolves, every later call of any client sees its
 * effect. `storeContract` in `nestjs-etcd-lock/testing` is the executable version of this comment.
 *
 * Every rejection is a {@link StoreError}, which says whether the call may have taken effect.
 * Implementations never repeat a call on their own.
 */
export interface LockStore {
  /** Opens a lease of `ttlSeconds`. The store deletes the keys attached to it when it ends. */
  grantLease(ttlSeconds: number, call: CallOptions): Promise<GrantedLease>;

  /**
   * Renews a lease once. Resolves to what the store now promises, in milliseconds, counted from
   * some moment after the call was made, or to `'gone'` when the lease no longer exists. A store that
   * can tells `answeredAt` how far the member is that answered, which may lag: by this an idle process
   * learns that the store was restored.
   */
  keepAlive(
    lease: LeaseId,
    call: CallOptions & {
      readonly answeredAt?: (revision: Revision) => void;
    },
  ): Promise<number | 'gone'>;

  /** Ends a lease and deletes its keys. A lease that is already gone counts as success. */
  revokeLease(lease: LeaseId, call: CallOptions): Promise<void>;

  /**
   * For how many milliseconds from now the store keeps a lease that is not renewed, about, or
   * `'gone'`. For people who look: nothing may be built on it, as time passes on the way.
   */
  timeToLive(lease: LeaseId, call: CallOptions): Promise<number | 'gone'>;

  /**
   * The keys that are attached to a lease, none for one that is gone, and a revision that the store had
   * reached by then. A hint: the member that answers may not know of the last changes.
   */
  attachedKeys(lease: LeaseId, call: CallOptions): Promise<AttachedKeys>;

  transact(
    transaction: Transaction,
    call: CallOptions,
  ): Promise<TransactionReply>;

  /**
   * Reads outside any transaction. `stale: true` lets the contacted member answer from what it
   * has; the reply's revision says how old that is.
   */
  read(
    operation: RangeOperation,
    call: CallOptions & { readonly stale?: boolean },
  ): Promise<RangeReply & { readonly revision: Revision }>;

  /** Watches a range from now on. */
  watch(
    range: KeyRange,
    listener: WatchListener,
    options?: WatchOptions,
  ): Watch;

  /** Ends watches and connections. Calls under way are rejected. Idempotent. */
  close(): Promise<void>;
}

/** Why a call on the store failed, as far as callers act differently on it. */
export type StoreErrorReason =
  | 'unavailable'
  | 'timeout'
  | 'lease-not-found'
  | 'unauthenticated'
  | 'permission-denied'
  | 'no-space'
  | 'too-large'
  | 'compacted'
  | 'invalid'
  | 'closed'
  | 'unknown';

/** Why a call on a store failed, and whether it may have taken effect all the same. */
export class StoreError extends Error {
  static {
    this.prototype.name = 'StoreError';
  }

  constructor(
    readonly reason: StoreErrorReason,
    /**
     * `'not-applied'` is certain; `'unknown'` means the call may have, or may yet, take effect.
     * etcd can say `no-space` of a write that it has applied.
     */
    readonly outcome: 'not-applied' | 'unknown',
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }

  /** Whether the store refuses on principle, whatever is asked and however often. */
  get refusal(): boolean {
    return (
      this.outcome === 'not-applied' &&
      (this.reason === 'permission-denied' || this.reason === 'unauthenticated')
    );
  }

  /** Whether the same call can succeed later without anybody changing anything. */
  get retryable(): boolean {
    if (this.reason === 'no-space') return false;
    return (
      this.outcome === 'unknown' ||
      this.reason === 'unavailable' ||
      this.reason === 'timeout'
    );
  }
}

/** The range of all keys that start with `prefix` (which ends in an ASCII character). */
export function prefixRange(prefix: string): KeyRange {
  const last = prefix.charCodeAt(prefix.length - 1);
  return {
    key: prefix,
    end: prefix.slice(0, -1) + String.fromCharCode(last + 1),
  };
}
