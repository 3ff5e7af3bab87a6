import type {
  AttachedKeys,
  CallOptions,
  GrantedLease,
  KeyRange,
  LeaseId,
  LockStore,
  RangeOperation,
  RangeReply,
  Revision,
  Transaction,
  TransactionReply,
  Watch,
  WatchListener,
} from '../../lib/core/index.js';

export interface RecordedCall {
  readonly name: Exclude<keyof LockStore, 'watch' | 'close'>;
  /** On `performance.now()`, read before the call was made. */
  readonly sentAt: number;
  answer?: unknown;
  error?: unknown;
}

/** Passes everything on and takes notes. */
export class RecordingStore implements LockStore {
  readonly calls: RecordedCall[] = [];
  watchesCreated = 0;
  private underWay = 0;
  /** How often a watch has brought news. */
  deliveries = 0;
  /** Called before the listener of a watch hears that it was created. */
  onWatchCreated = () => {};

  constructor(private readonly store: LockStore) {}

  /** Until when etcd surely keeps the lease, judged by what it has acknowledged. */
  get leaseSafeUntil(): number {
    let until = 0;
    for (const { name, sentAt, answer } of this.calls) {
      const ttlMs =
        name === 'grantLease' ? (answer as GrantedLease)?.ttlMs : answer;
      const lease = name === 'grantLease' || name === 'keepAlive';
      if (lease && typeof ttlMs === 'number')
        until = Math.max(until, sentAt + ttlMs);
    }
    return until;
  }

  /** Whether it waits for the answer to a call, or for a watch to be created. */
  get waiting(): boolean {
    return this.underWay > 0;
  }

  count(name: RecordedCall['name']): number {
    return this.calls.filter((call) => call.name === name).length;
  }

  grantLease(ttlSeconds: number, call: CallOptions): Promise<GrantedLease> {
    return this.note('grantLease', () =>
      this.store.grantLease(ttlSeconds, call),
    );
  }

  keepAlive(
    lease: LeaseId,
    call: Parameters<LockStore['keepAlive']>[1],
  ): Promise<number | 'gone'> {
    return this.note('keepAlive', () => this.store.keepAlive(lease, call));
  }

  revokeLease(lease: LeaseId, call: CallOptions): Promise<void> {
    return this.note('revokeLease', () => this.store.revokeLease(lease, call));
  }

  timeToLive(lease: LeaseId, call: CallOptions): Promise<number | 'gone'> {
    return this.note('timeToLive', () => this.store.timeToLive(lease, call));
  }

  attachedKeys(lease: LeaseId, call: CallOptions): Promise<AttachedKeys> {
    return this.note('attachedKeys', () =>
      this.store.attachedKeys(lease, call),
    );
  }

  transact(
    transaction: Transaction,
    call: CallOptions,
  ): Promise<TransactionReply> {
    return this.note('transact', () => this.store.transact(transaction, call));
  }

  read(
    operation: RangeOperation,
    call: CallOptions & { readonly stale?: boolean },
  ): Promise<RangeReply & { readonly revision: Revision }> {
    return this.note('read', () => this.store.read(operation, call));
  }

  watch(
    range: KeyRange,
    listener: WatchListener,
    options?: { readonly deletesOnly?: boolean },
  ): Watch {
    this.underWay += 1;
    let created = false;
    const answered = () => {
      if (!created) this.underWay -= 1;
      created = true;
    };
    const recorder: WatchListener = {
      created: (revision) => {
        answered();
        this.watchesCreated += 1;
        this.onWatchCreated();
        listener.created(revision);
      },
      events: (events) => {
        this.deliveries += 1;
        listener.events(events);
      },
      ended: (error) => {
        answered();
        listener.ended(error);
      },
    };
    const watch = this.store.watch(range, recorder, options);
    return {
      cancel: (why) => {
        answered();
        watch.cancel(why);
      },
    };
  }

  close(): Promise<void> {
    return this.store.close();
  }

  private async note<T>(
    name: RecordedCall['name'],
    call: () => Promise<T>,
  ): Promise<T> {
    const record: RecordedCall = { name, sentAt: performance.now() };
    this.calls.push(record);
    this.underWay += 1;
    try {
      const answer = await call();
      record.answer = answer;
      return answer;
    } catch (error) {
      record.error = error;
      throw error;
    } finally {
      this.underWay -= 1;
    }
  }
}
