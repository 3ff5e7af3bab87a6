import type {
  AttachedKeys,
  CallOptions,
  GrantedLease,
  KeyRange,
  LeaseId,
  LockStore,
  RangeOperation,
  Transaction,
  Watch,
  WatchListener,
} from '../../../lib/core/store/lock-store.js';
import { TXN } from '../../../lib/etcd/wire/index.js';
import type { StoreCall } from '../../../lib/testing/fault.js';

/** Passes everything on, and remembers what a client asked of its store. */
export class Traffic implements LockStore {
  readonly calls: (StoreCall | 'watch')[] = [];
  readonly transactions: Transaction[] = [];
  readonly reads: (RangeOperation & { readonly stale: boolean })[] = [];
  readonly leases: LeaseId[] = [];
  /** The range of every watch that is neither cancelled nor ended. */
  readonly watched = new Set<KeyRange>();
  /** Why watches were cancelled. */
  readonly cancelled: string[] = [];
  closed = false;
  /** Called before each call is passed on, with how many of its kind there were by then. */
  before: (call: StoreCall, nth: number) => void = () => {};

  constructor(private readonly store: LockStore) {}

  count(call?: StoreCall | 'watch'): number {
    return this.calls.filter((each) => call === undefined || each === call)
      .length;
  }

  async grantLease(ttl: number, call: CallOptions): Promise<GrantedLease> {
    this.note('grantLease');
    const granted = await this.store.grantLease(ttl, call);
    this.leases.push(granted.id);
    return granted;
  }

  keepAlive(
    lease: LeaseId,
    call: Parameters<LockStore['keepAlive']>[1],
  ): Promise<number | 'gone'> {
    this.note('keepAlive');
    return this.store.keepAlive(lease, call);
  }

  revokeLease(lease: LeaseId, call: CallOptions): Promise<void> {
    this.note('revokeLease');
    return this.store.revokeLease(lease, call);
  }

  timeToLive(lease: LeaseId, call: CallOptions): Promise<number | 'gone'> {
    this.note('timeToLive');
    return this.store.timeToLive(lease, call);
  }

  attachedKeys(lease: LeaseId, call: CallOptions): Promise<AttachedKeys> {
    this.note('attachedKeys');
    return this.store.attachedKeys(lease, call);
  }

  transact(transaction: Transaction, call: CallOptions) {
    this.transactions.push(transaction);
    this.note('transact');
    // The memory store takes also what etcd has no room for.
    TXN.encode(transaction, 0);
    return this.store.transact(transaction, call);
  }

  read(
    operation: RangeOperation,
    call: CallOptions & { readonly stale?: boolean },
  ) {
    this.note('read');
    this.reads.push({ ...operation, stale: call.stale ?? false });
    return this.store.read(operation, call);
  }

  watch(
    range: KeyRange,
    listener: WatchListener,
    options?: { readonly deletesOnly?: boolean },
  ): Watch {
    this.calls.push('watch');
    this.watched.add(range);
    const watch = this.store.watch(
      range,
      {
        created: (revision) => listener.created(revision),
        events: (events) => listener.events(events),
        ended: (error) => {
          this.watched.delete(range);
          listener.ended(error);
        },
      },
      options,
    );
    return {
      cancel: (why) => {
        this.cancelled.push(why ?? 'done');
        this.watched.delete(range);
        watch.cancel(why);
      },
    };
  }

  close(): Promise<void> {
    this.closed = true;
    return this.store.close();
  }

  private note(call: StoreCall): void {
    this.calls.push(call);
    this.before(call, this.count(call));
  }
}
