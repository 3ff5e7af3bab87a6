import type {
  Comparison,
  Transaction,
  TransactionReply,
} from '../store/lock-store.js';

type Unit = 'ms' | 's' | 'm' | 'h' | 'd';

/** Milliseconds, or a string such as `'500ms'`, `'15s'`, `'2m'`, `'1h'`, `'7d'`. */
export type Duration = number | `${number}${Unit}`;

/**
 * One key, or several that are taken together, atomically and without deadlock. One that is named
 * twice is one key. What becomes of the array afterwards is of no concern: the lock is on the keys
 * it held at the call.
 */
export type LockKey = string | readonly string[];

/**
 * Plain data shown to whoever inspects the lock. At most 4 KiB as JSON, which is made of it once, at
 * the call: later changes are not seen.
 */
export type LockMetadata = Readonly<Record<string, unknown>>;

/** On what terms a ticket lets its holder in. */
export type LockMode =
  | { readonly mode: 'exclusive' }
  | { readonly mode: 'shared' }
  | { readonly mode: 'permits'; readonly permits: number };

/** How a lock is taken: what kind it is, and how long the caller waits for it. */
export interface AcquireOptions {
  /**
   * How long etcd keeps the lock after this process falls silent. Whole seconds in etcd, rounded
   * up; at least 2 s. A live process renews it, so it does not limit how long a lock is held.
   *
   * @default the client's `ttl`, 15 s
   */
  readonly ttl?: Duration | undefined;

  /**
   * `'exclusive'` admits one holder; `'shared'` admits others that ask for `'shared'` as well.
   * Served in the order of arrival, so neither kind starves the other.
   *
   * @default 'exclusive'
   */
  readonly mode?: 'exclusive' | 'shared' | undefined;

  /**
   * Makes the lock a semaphore that admits this many holders. Everybody who uses the key must
   * name the same number: another number is a `LockConflictError`.
   */
  readonly permits?: number | undefined;

  /**
   * The lock stays taken for at least this long, counted from the moment it was acquired, also
   * when it is released earlier, and whatever becomes of the process then. A process that dies
   * while it holds the lock leaves it to the end of the lease (`ttl`), which may come sooner. Use
   * it for jobs that are shorter than the difference between the clocks of the instances.
   */
  readonly minHold?: Duration | undefined;

  /** After this time `signal` aborts, the lock counts as lost, and it is released. */
  readonly maxHold?: Duration | undefined;

  /**
   * Keeps the lock for this process after the release, until somebody else asks for it, until this
   * long has passed without use, or until the client closes. Meanwhile callers of this process take
   * it without a message to etcd, by what the clocks say of the lease and the watch of the ticket.
   * Whoever comes from elsewhere, also `etcdctl lock` and Go, is let in at once while nobody uses
   * it, else at the release; callers of this process that come later queue behind.
   *
   * While it is kept, all its holders have one {@link Lock.fencingToken}, and etcd does not confirm
   * the release: that an operator took the lock away may be heard of only after the work is done. A
   * process that ends without `close` leaves the lock taken until the lease ends, after `ttl`.
   *
   * For keys that stay with an instance, such as the rooms of a gateway. A key that moves between
   * instances costs more so. Not with `shared`, `permits`, several keys, `dedicatedLease` and
   * `minHold`.
   *
   * @default the client's `keep`, 0, which gives the lock back at the release
   */
  readonly keep?: Duration | undefined;

  /**
   * Gives this lock a lease of its own. It costs etcd a grant, a revoke and a keep-alive for each
   * acquisition; the loss of another lease then leaves this lock alone.
   *
   * @default false
   */
  readonly dedicatedLease?: boolean | undefined;

  /** Shown by `inspect`. */
  readonly metadata?: LockMetadata | undefined;

  /**
   * What all keys of this kind have in common, such as `'order:{id}'`. Metrics count under it, as
   * there may be any number of keys. A decorated method has one by default: its fixed key, or
   * `Class.method`.
   */
  readonly template?: string | undefined;

  /**
   * How long to wait for the lock, counted from the call. `0` asks once, does not queue and
   * throws `LockBusyError`; `Infinity` waits until `signal` aborts. Whoever gives up is told up to
   * a second later, if etcd takes that long to confirm that nothing of the wait is left. It says
   * nothing about how long the lock may be held.
   *
   * @default the client's `waitTimeout`, 10 s
   */
  readonly waitTimeout?: Duration | undefined;

  /**
   * Stops the wait; `acquire` then rejects with the signal's own reason. It has no effect once the
   * lock is held: call {@link Lock.release}.
   */
  readonly signal?: AbortSignal | undefined;
}

/** What `JSON.stringify` says of a {@link Lock}: how it stands at that moment. */
export interface LockJson {
  readonly key: string;
  readonly keys: readonly string[];
  /** In decimal digits. */
  readonly fencingToken: string;
  readonly held: boolean;
  /** In whole ms. */
  readonly remaining: number;
}

/** The options of `tryAcquire`: those of `acquire`, but it does not wait unless told to. */
export interface TryAcquireOptions extends AcquireOptions {
  /**
   * How long to wait for the lock before the answer is `null`, counted from the call.
   *
   * @default 0, which asks once and does not queue
   */
  readonly waitTimeout?: Duration | undefined;
}

/**
 * Proof that this process was given a lock, and the means to give it back.
 *
 * A pause of the process, or a packet it already sent, can outlive the lock. Where that matters,
 * let the resource check {@link fencingToken}, or make the change in etcd itself under
 * {@link guard}.
 *
 * Keep it until you release it. One that is dropped unreleased keeps its lock for as long as the
 * process lives: it is not released then, for the work may go on that it protects. When the handle
 * is collected, an event `abandoned` and a warning of the process, `LOCK_ABANDONED`, say so, once.
 */
export interface Lock extends AsyncDisposable {
  /** The key as the user named it; several keys are joined with `, `. */
  readonly key: string;

  /** In the order in which the user named them first. Frozen. */
  readonly keys: readonly string[];

  /**
   * Grows with every holder of the key, across releases, crashes and restarts of etcd. Holders
   * that are admitted together may share one; an exclusive holder after them has a greater one.
   */
  readonly fencingToken: bigint;

  /**
   * Aborts, with a `LockLostError` as its reason, as soon as this process can no longer be sure
   * that it holds the lock, and before etcd can give the lock to anybody else. It does not abort
   * on {@link release}. A blocked event loop delays it; {@link assertHeld} is not delayed.
   */
  readonly signal: AbortSignal;

  /** Whether the lock is surely held at this moment, decided on this process's clocks. */
  readonly held: boolean;

  /** For how many milliseconds from now the lock is surely held without another renewal. */
  remaining(): number;

  /**
   * @throws {LockLostError} when the lock was lost
   * @throws {LockNotHeldError} when it was released
   */
  assertHeld(): void;

  /**
   * The conditions "this handle still owns its keys", one for each key, to be added to a
   * transaction on the same etcd. A transaction that carries them cannot run after the lock
   * passed to somebody else: inside etcd exclusion is complete.
   */
  guard(): readonly Comparison[];

  /**
   * Runs a transaction on the etcd of the locks, on condition that this handle still owns its
   * keys. It is sent once; where its fate is unknown you decide whether it may be sent again.
   *
   * @throws {LockLostError} when the keys are no longer owned; nothing was done
   * @throws {LockNotHeldError} after the release; nothing was done
   * @throws {LockStoreError} when etcd fails; with `outcome: 'unknown'` it may have been done
   *
   * @example
   * await lock.transaction({ success: [{ kind: 'put', key: 'report/last', value: today }] });
   */
  transaction(transaction: Partial<Transaction>): Promise<TransactionReply>;

  /**
   * Gives the lock back. It counts as not held from the moment of the call; the promise resolves
   * when etcd has confirmed, or when this process can leave it to the end of the lease. Calling
   * it twice, or after the lock was lost, does nothing.
   *
   * @throws {LockStoreError} when etcd refuses on principle, as after a role was revoked: the lock
   * is not held, but its ticket stands until the lease ends, which is with the last of its locks, or
   * until etcd lets it be removed, which is tried at each renewal of that lease
   */
  release(): Promise<void>;

  /** For `JSON.stringify`. What it gives is a report: nobody holds a lock by having it. */
  toJSON(): LockJson;
}
