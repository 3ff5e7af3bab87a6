import {
  type AttachedKeys,
  type Clock,
  type GrantedLease,
  type KeyRange,
  type LeaseId,
  type RangeOperation,
  type RangeReply,
  type Revision,
  type StoredKey,
  StoreError,
  systemClock,
  type Transaction,
  type TransactionReply,
  type WatchListener,
} from '../core/index.js';
import { ChangeSet } from './change-set.js';
import { KeySpace } from './key-space.js';
import { LeaseTable } from './lease-table.js';
import { queryRange } from './range-query.js';
import { checkRange, checkTransaction } from './transaction-check.js';
import { plannedPuts, planTransaction } from './transaction-plan.js';
import { type Subscription, WatchHub } from './watch-hub.js';

/** The options of a `MemoryCluster`. */
export interface MemoryClusterOptions {
  /** What the leases run on. @default the clocks of this process */
  readonly clock?: Clock;
  /**
   * Shorter leases are granted this many seconds.
   *
   * @default 2, as an etcd with the default election timeout
   */
  readonly minimumTtlSeconds?: number;
}

/** What a {@link MemoryCluster} was at one moment. */
export interface MemoryClusterBackup {
  readonly revision: Revision;
  readonly keys: readonly StoredKey[];
  /** With their TTL in milliseconds. */
  readonly leases: ReadonlyMap<LeaseId, number>;
}

/** etcd's limit. */
const LONGEST_TTL_SECONDS = 9_000_000_000;

/**
 * The state that several {@link MemoryStore}s share: what an etcd cluster is to its clients. It
 * lives and dies with this process and keeps no history.
 */
export class MemoryCluster {
  private readonly keys = new KeySpace();
  private readonly leases: LeaseTable;
  private readonly watches = new WatchHub();
  private readonly minimumTtlSeconds: number;
  private lastRevision: Revision = 1n;

  constructor({
    clock = systemClock,
    minimumTtlSeconds = 2,
  }: MemoryClusterOptions = {}) {
    this.minimumTtlSeconds = minimumTtlSeconds;
    this.leases = new LeaseTable(clock, (lease) => this.revokeLease(lease));
  }

  /** The revision of the last change. A new cluster is at `1n`. */
  get revision(): Revision {
    return this.lastRevision;
  }

  /** What a restore can bring back later: keys, leases and the revision. */
  backup(): MemoryClusterBackup {
    return {
      revision: this.lastRevision,
      keys: this.keys.all(),
      leases: this.leases.all(),
    };
  }

  /**
   * Makes the cluster what it was at a backup, as `etcdctl snapshot restore` does: the revision goes
   * back, leases last for their whole TTL again, and watches end. Without a backup it is empty.
   */
  restore(
    backup: MemoryClusterBackup = { revision: 1n, keys: [], leases: new Map() },
  ): void {
    this.lastRevision = backup.revision;
    this.keys.replaceBy(backup.keys);
    this.leases.replaceBy(backup.leases);
    for (const { key, lease } of backup.keys) this.leases.attach(lease, key);
    this.watches.endAll(
      new StoreError('unavailable', 'not-applied', 'the cluster was restored'),
    );
  }

  /**
   * Ends a lease as if it had expired now: its keys are deleted at one revision. Does nothing when
   * the lease is gone.
   */
  revokeLease(lease: LeaseId): void {
    const doomed = this.leases.end(lease);
    this.change((changes) => {
      for (const key of doomed) changes.remove(key);
    });
  }

  /** @internal */
  grantLease(ttlSeconds: number): GrantedLease {
    if (!Number.isInteger(ttlSeconds) || ttlSeconds > LONGEST_TTL_SECONDS) {
      throw new StoreError(
        'invalid',
        'not-applied',
        `a lease cannot last ${ttlSeconds} s`,
      );
    }
    const ttlMs = Math.max(ttlSeconds, this.minimumTtlSeconds) * 1000;
    return { id: this.leases.grant(ttlMs), ttlMs };
  }

  /** @internal */
  keepAlive(lease: LeaseId): number | 'gone' {
    return this.leases.renew(lease) ?? 'gone';
  }

  /** @internal */
  timeToLive(lease: LeaseId): number | 'gone' {
    return this.leases.remaining(lease) ?? 'gone';
  }

  /** @internal */
  attachedKeys(lease: LeaseId): AttachedKeys {
    return { keys: this.leases.keysOf(lease), revision: this.lastRevision };
  }

  /** @internal */
  transact(transaction: Transaction): TransactionReply {
    checkTransaction(transaction);
    const plan = planTransaction(this.keys, transaction);
    for (const { lease } of plannedPuts(plan)) {
      if (lease) this.leases.require(lease);
    }
    const replies = this.change((changes) => changes.run(plan));
    return { revision: this.lastRevision, succeeded: plan.succeeded, replies };
  }

  /** @internal */
  read(operation: RangeOperation): RangeReply & { revision: Revision } {
    checkRange(operation.range);
    return { ...queryRange(this.keys, operation), revision: this.lastRevision };
  }

  /** @internal */
  watch(
    range: KeyRange,
    listener: WatchListener,
    deletesOnly: boolean,
  ): Subscription {
    return this.watches.open(range, deletesOnly, this.lastRevision, listener);
  }

  /** Work that changes nothing uses up no revision. */
  private change<T>(work: (changes: ChangeSet) => T): T {
    const revision = this.lastRevision + 1n;
    const changes = new ChangeSet(revision, this.keys, this.leases);
    const result = work(changes);
    if (changes.events.length > 0) {
      this.lastRevision = revision;
      this.watches.publish(changes.events);
    }
    return result;
  }
}
