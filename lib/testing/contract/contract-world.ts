import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import {
  type CallOptions,
  type Clock,
  type GrantedLease,
  type KeyRange,
  type LeaseId,
  type LockStore,
  type Operation,
  prefixRange,
  type RangeReply,
  type Revision,
  type StoredKey,
  systemClock,
  type Transaction,
  type TransactionReply,
  type WatchEvent,
} from '../../core/index.js';
import { put, range, remove, transactionOf } from './operations.js';
import { WatchRecorder } from './watch-recorder.js';

/** One cluster that nobody else writes to while a case runs. */
export interface StoreUnderTest {
  /** A further client of the cluster. The suite closes it. */
  connect(): Promise<LockStore>;
  /** What the cluster's leases run on, as far as one can see from here. @default systemClock */
  readonly clock?: Clock;
  /** Lets `ms` milliseconds pass on that clock. @default waits */
  advance?(ms: number): Promise<void>;
  dispose(): Promise<void>;
}

export type ContractCheck = (world: ContractWorld) => Promise<void>;

/** Checks by the promise they check. */
export type ContractTable = Readonly<Record<string, ContractCheck>>;

const STEP_MS = 5;
const PATIENCE_MS = 15_000;

/** What every case works with: two clients of one cluster, and keys of its own. */
export class ContractWorld {
  readonly prefix = `contract/${randomBytes(6).toString('hex')}/`;
  readonly all: KeyRange = prefixRange(this.prefix);
  readonly call: CallOptions = { timeoutMs: 10_000 };
  private readonly leases: LeaseId[] = [];
  private readonly stores: LockStore[] = [];

  private constructor(
    private readonly subject: StoreUnderTest,
    readonly a: LockStore,
    readonly b: LockStore,
  ) {
    this.stores.push(a, b);
  }

  static async open(subject: StoreUnderTest): Promise<ContractWorld> {
    return new ContractWorld(
      subject,
      await subject.connect(),
      await subject.connect(),
    );
  }

  async close(): Promise<void> {
    const cleaner = await this.connect();
    for (const lease of this.leases) {
      await cleaner.revokeLease(lease, this.call);
    }
    await this.commit(cleaner, remove(this.all.key, this.all.end));
    for (const store of this.stores) await store.close();
  }

  async connect(): Promise<LockStore> {
    const store = await this.subject.connect();
    this.stores.push(store);
    return store;
  }

  key(name: string): string {
    return this.prefix + name;
  }

  /** Milliseconds on the clock that leases run on. */
  get now(): number {
    return (this.subject.clock ?? systemClock).now().mono;
  }

  advance(ms: number): Promise<void> {
    if (this.subject.advance) return this.subject.advance(ms);
    return new Promise((resolve) => {
      systemClock.setTimer(ms, resolve, { keepAlive: true });
    });
  }

  /** Lets time pass until `condition` holds, and fails when it does not come to hold. */
  async eventually(what: string, condition: () => boolean): Promise<void> {
    const deadline = this.now + PATIENCE_MS;
    await this.advance(0);
    while (!condition()) {
      if (this.now > deadline) assert.fail(`waited in vain until ${what}`);
      await this.advance(STEP_MS);
    }
  }

  async grant(ttlSeconds = 60, store = this.a): Promise<GrantedLease> {
    const granted = await store.grantLease(ttlSeconds, this.call);
    this.leases.push(granted.id);
    return granted;
  }

  transact(
    transaction: Partial<Transaction>,
    store = this.a,
  ): Promise<TransactionReply> {
    return store.transact(transactionOf(transaction), this.call);
  }

  commit(store: LockStore, ...success: Operation[]): Promise<TransactionReply> {
    return this.transact({ success }, store);
  }

  /** Puts one key of this world and returns the revision of that. */
  async put(
    name: string,
    value = '',
    lease?: LeaseId,
    store = this.a,
  ): Promise<Revision> {
    const { revision } = await this.commit(
      store,
      put(this.key(name), value, lease),
    );
    return revision;
  }

  async remove(name: string, store = this.a): Promise<Revision> {
    return (await this.commit(store, remove(this.key(name)))).revision;
  }

  read(
    within: KeyRange = this.all,
    store = this.a,
  ): Promise<RangeReply & { readonly revision: Revision }> {
    return store.read(range(within), this.call);
  }

  async get(name: string, store = this.a): Promise<StoredKey | undefined> {
    return (await this.read({ key: this.key(name) }, store)).keys[0];
  }

  /** Opens a watch and waits until it is created. */
  async listen(
    within: KeyRange = this.all,
    options: {
      readonly store?: LockStore;
      readonly deletesOnly?: boolean;
      readonly onEvent?: (event: WatchEvent) => void;
    } = {},
  ): Promise<WatchRecorder> {
    const { store = this.a, deletesOnly = false, onEvent } = options;
    const { revision } = await this.read();
    const recorder = new WatchRecorder(revision, onEvent);
    recorder.watch = store.watch(within, recorder, { deletesOnly });
    await this.eventually(
      'the watch is created',
      () => recorder.createdAt !== undefined,
    );
    return recorder;
  }

  /** Waits until the watch must have heard all that happened so far. */
  async caughtUp(recorder: WatchRecorder, name = 'marker'): Promise<void> {
    await this.put(name);
    await this.remove(name);
    await this.eventually(`the watch hears of ${name}`, () =>
      recorder.heard.some(
        (event) => event.kind === 'delete' && event.key === this.key(name),
      ),
    );
  }
}
