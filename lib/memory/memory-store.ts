import {
  type AttachedKeys,
  type CallOptions,
  type Clock,
  type GrantedLease,
  type KeyRange,
  type LeaseId,
  type LockStore,
  type RangeOperation,
  type RangeReply,
  type Revision,
  StoreError,
  type Transaction,
  type TransactionReply,
  type Watch,
  type WatchListener,
  type WatchOptions,
} from '../core/index.js';
import { MemoryCluster } from './memory-cluster.js';
import type { Subscription } from './watch-hub.js';

/** The options of a `MemoryStore`. */
export interface MemoryStoreOptions {
  /** What this store is a client of. @default a cluster of its own */
  readonly cluster?: MemoryCluster;
  /** The clock of the store's own cluster. @default the clocks of this process */
  readonly clock?: Clock;
}

/**
 * The store port inside this process, with etcd's semantics, for tests and for applications that
 * run as one process. It locks nobody out of another process.
 *
 * @example
 * const cluster = new MemoryCluster();
 * const a = new LockClient({ store: new MemoryStore({ cluster }) });
 * const b = new LockClient({ store: new MemoryStore({ cluster }) });
 */
export class MemoryStore implements LockStore {
  private readonly cluster: MemoryCluster;
  private readonly subscriptions = new Set<Subscription>();
  private closed = false;

  constructor(options: MemoryStoreOptions = {}) {
    const { cluster, clock } = options;
    this.cluster = cluster ?? new MemoryCluster(clock ? { clock } : {});
  }

  grantLease(ttlSeconds: number, _call?: CallOptions): Promise<GrantedLease> {
    return this.call(() => this.cluster.grantLease(ttlSeconds));
  }

  keepAlive(
    lease: LeaseId,
    call?: Partial<Parameters<LockStore['keepAlive']>[1]>,
  ): Promise<number | 'gone'> {
    return this.call(() => {
      call?.answeredAt?.(this.cluster.revision);
      return this.cluster.keepAlive(lease);
    });
  }

  revokeLease(lease: LeaseId, _call?: CallOptions): Promise<void> {
    return this.call(() => this.cluster.revokeLease(lease));
  }

  timeToLive(lease: LeaseId, _call?: CallOptions): Promise<number | 'gone'> {
    return this.call(() => this.cluster.timeToLive(lease));
  }

  attachedKeys(lease: LeaseId, _call?: CallOptions): Promise<AttachedKeys> {
    return this.call(() => this.cluster.attachedKeys(lease));
  }

  transact(
    transaction: Transaction,
    _call?: CallOptions,
  ): Promise<TransactionReply> {
    return this.call(() => this.cluster.transact(transaction));
  }

  read(
    operation: RangeOperation,
    _call?: CallOptions,
  ): Promise<RangeReply & { readonly revision: Revision }> {
    return this.call(() => this.cluster.read(operation));
  }

  watch(
    range: KeyRange,
    listener: WatchListener,
    options?: WatchOptions,
  ): Watch {
    const deletesOnly = options?.deletesOnly ?? false;
    const subscription = this.cluster.watch(range, listener, deletesOnly);
    if (this.closed) subscription.end(closedError());
    else this.subscriptions.add(subscription);
    return {
      cancel: () => {
        this.subscriptions.delete(subscription);
        subscription.cancel();
      },
    };
  }

  async close(): Promise<void> {
    this.closed = true;
    for (const subscription of this.subscriptions) {
      subscription.end(closedError());
    }
    this.subscriptions.clear();
  }

  /** {@link close}, for `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  // A call reaches the cluster, and is answered, in a later microtask, as if over a network.
  private async call<T>(work: () => T): Promise<T> {
    await Promise.resolve();
    if (this.closed) throw closedError();
    return work();
  }
}

function closedError(): StoreError {
  return new StoreError('closed', 'not-applied', 'the memory store is closed');
}
