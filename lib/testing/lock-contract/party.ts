import {
  type AcquireOptions,
  type Clock,
  type Lock,
  LockClient,
  type LockKey,
  type LockStore,
  type Transaction,
} from '../../core/index.js';
import type { Fault } from '../fault.js';
import { FaultyStore } from '../faulty-store.js';
import type { WayOfTaking } from './way-of-taking.js';

export interface PartySettings {
  readonly clock: Clock;
  readonly namespace: string;
  readonly ttl: '2s' | '15s';
  readonly way: WayOfTaking;
}

const CALL = { timeoutMs: 10_000 };

/** One who wants the key: a client with a session and a connection of its own. */
export class Party {
  readonly locks: LockClient;
  private readonly network: FaultyStore;
  private cuts: Pick<Fault, 'lift'>[] = [];

  constructor(
    private readonly store: LockStore,
    private readonly settings: PartySettings,
  ) {
    const { clock, namespace, ttl } = settings;
    this.network = new FaultyStore(store, { clock });
    this.locks = new LockClient({
      store: this.network,
      clock,
      namespace,
      ttl,
    });
  }

  take(options: AcquireOptions = {}, key?: string): Promise<Lock> {
    return this.locks.acquire(this.keys(key), this.options(options));
  }

  try(key?: string): Promise<Lock | null> {
    return this.locks.tryAcquire(this.keys(key), this.options());
  }

  with<T>(work: (lock: Lock) => T | Promise<T>): Promise<T> {
    const options = this.options({ waitTimeout: Infinity });
    return this.locks.withLock(this.keys(), options, work);
  }

  /** Asks as somebody who need not be alone. */
  takeAsRival(options: AcquireOptions = {}): Promise<Lock> {
    const { rival } = this.settings.way;
    return this.locks.acquire(
      this.keys(),
      rival === undefined ? this.options(options) : { ...rival, ...options },
    );
  }

  tryAsRival(): Promise<Lock | null> {
    const { rival } = this.settings.way;
    return this.locks.tryAcquire(this.keys(), rival ?? this.options());
  }

  /** Whether a transaction under this guard would still be done. */
  async isGuardedBy(compare: Transaction['compare']): Promise<boolean> {
    const transaction = { compare, success: [], failure: [] };
    return (await this.store.transact(transaction, CALL)).succeeded;
  }

  /** From now on nothing gets through; what is sent meanwhile arrives when this is healed. */
  cutOff(): void {
    this.cuts.push(
      this.network.holdRequests({ times: Infinity }),
      this.network.holdWatches(),
    );
  }

  /** The next transaction arrives only when this is healed, though its caller gives up sooner. */
  delayNextTransaction(): void {
    this.cuts.push(this.network.holdRequests({ on: 'transact' }));
  }

  heal(): void {
    for (const cut of this.cuts.splice(0)) cut.lift();
  }

  disconnect(): Promise<void> {
    return this.network.close();
  }

  private options(options?: AcquireOptions): AcquireOptions {
    return { ...this.settings.way.options, ...options };
  }

  private keys(key = 'the key'): LockKey {
    return this.settings.way.keys?.(key) ?? key;
  }
}
