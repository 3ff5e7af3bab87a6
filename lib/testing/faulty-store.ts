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
  systemClock,
  type Transaction,
  type TransactionReply,
  type Watch,
  type WatchListener,
  type WatchOptions,
} from '../core/index.js';
import {
  CallFault,
  type Fault,
  type FaultEffect,
  type FaultTarget,
  type StoreCall,
} from './fault.js';
import { PendingCalls } from './pending-calls.js';
import { WatchRelay } from './watch-relay.js';

/** The options of a `FaultyStore`. */
export interface FaultyStoreOptions {
  /** What delays and `timeoutMs` run on. @default the clocks of this process */
  readonly clock?: Clock;
}

/**
 * Passes everything on to another store, and fails as a network or a server fails when told to.
 *
 * A call is hit by at most one fault: the first one that is in force and means it. A call that is
 * hit still ends after its `timeoutMs`, with a {@link StoreError} `timeout`, outcome unknown.
 *
 * @example
 * const store = new FaultyStore(new MemoryStore());
 * store.loseReplies({ on: 'transact' }); // the next transaction is applied, nobody learns it
 */
export class FaultyStore implements LockStore {
  private readonly clock: Clock;
  private readonly pending: PendingCalls;
  private faults: readonly CallFault[] = [];
  private readonly relays = new Map<WatchRelay, Watch>();
  private watchHolds = 0;

  constructor(
    private readonly store: LockStore,
    options: FaultyStoreOptions = {},
  ) {
    this.clock = options.clock ?? systemClock;
    this.pending = new PendingCalls(this.clock);
  }

  /** Calls fail before they reach the store: by default `unavailable`, not applied. */
  refuse(target: FaultTarget & { readonly error?: StoreError } = {}): Fault {
    const { error = unavailable('not-applied') } = target;
    return this.add(target, () => Promise.reject(error));
  }

  /** Calls reach the store; whatever it replies is lost: by default `unavailable`, unknown. */
  loseReplies(
    target: FaultTarget & { readonly error?: StoreError } = {},
  ): Fault {
    const { error = unavailable('unknown') } = target;
    return this.add(target, (forward) =>
      forward().then(
        () => Promise.reject(error),
        () => Promise.reject(error),
      ),
    );
  }

  /** Calls reach the store; its replies wait until the fault is lifted. */
  holdReplies(target: FaultTarget = {}): Fault {
    return this.add(target, async (forward, lifted) => {
      const reply = forward();
      reply.catch(() => {});
      await lifted;
      return reply;
    });
  }

  /**
   * Calls reach the store when the fault is lifted, also those whose caller has given up
   * meanwhile, as a packet does that was delayed.
   */
  holdRequests(target: FaultTarget = {}): Fault {
    return this.add(target, (forward, lifted) => lifted.then(forward));
  }

  /** Calls reach the store `ms` late, or when the fault is lifted. */
  delayRequests(ms: number, target: FaultTarget = {}): Fault {
    return this.add(target, (forward, lifted) =>
      this.pause(ms, lifted).then(forward),
    );
  }

  /** No keep-alive reaches the store until the fault is lifted. */
  hangKeepAlives(): Fault {
    return this.holdRequests({ on: 'keepAlive', times: Infinity });
  }

  /** Open and new watches hear nothing until the fault is lifted, then all they missed. */
  holdWatches(): Pick<Fault, 'lift'> {
    let inForce = true;
    this.watchHolds += 1;
    for (const relay of this.relays.keys()) relay.hold();
    return {
      lift: () => {
        if (!inForce) return;
        inForce = false;
        this.watchHolds -= 1;
        if (this.watchHolds > 0) return;
        for (const relay of [...this.relays.keys()]) relay.release();
      },
    };
  }

  /** Ends the watches that are open now, with what they missed lost. */
  endWatches(error: StoreError = unavailable('unknown')): void {
    for (const [relay, watch] of [...this.relays]) {
      watch.cancel();
      relay.fail(error);
    }
  }

  grantLease(ttlSeconds: number, call: CallOptions): Promise<GrantedLease> {
    return this.pass('grantLease', call, () =>
      this.store.grantLease(ttlSeconds, call),
    );
  }

  keepAlive(
    lease: LeaseId,
    call: Parameters<LockStore['keepAlive']>[1],
  ): Promise<number | 'gone'> {
    return this.pass('keepAlive', call, () =>
      this.store.keepAlive(lease, call),
    );
  }

  revokeLease(lease: LeaseId, call: CallOptions): Promise<void> {
    return this.pass('revokeLease', call, () =>
      this.store.revokeLease(lease, call),
    );
  }

  timeToLive(lease: LeaseId, call: CallOptions): Promise<number | 'gone'> {
    return this.pass('timeToLive', call, () =>
      this.store.timeToLive(lease, call),
    );
  }

  attachedKeys(lease: LeaseId, call: CallOptions): Promise<AttachedKeys> {
    return this.pass('attachedKeys', call, () =>
      this.store.attachedKeys(lease, call),
    );
  }

  transact(
    transaction: Transaction,
    call: CallOptions,
  ): Promise<TransactionReply> {
    return this.pass('transact', call, () =>
      this.store.transact(transaction, call),
    );
  }

  read(
    operation: RangeOperation,
    call: CallOptions & { readonly stale?: boolean },
  ): Promise<RangeReply & { readonly revision: Revision }> {
    return this.pass('read', call, () => this.store.read(operation, call));
  }

  watch(
    range: KeyRange,
    listener: WatchListener,
    options?: WatchOptions,
  ): Watch {
    const relay: WatchRelay = new WatchRelay(
      listener,
      this.watchHolds > 0,
      () => this.relays.delete(relay),
    );
    const watch = this.store.watch(range, relay, options);
    this.relays.set(relay, watch);
    return {
      cancel: (why) => {
        relay.close();
        watch.cancel(why);
      },
    };
  }

  async close(): Promise<void> {
    this.pending.close();
    this.endWatches(
      new StoreError('closed', 'not-applied', 'the store is closed'),
    );
    await this.store.close();
  }

  private add(target: FaultTarget, effect: FaultEffect): Fault {
    const fault = new CallFault(target, effect);
    this.faults = [...this.faults.filter(({ inForce }) => inForce), fault];
    return fault;
  }

  private pass<T>(
    call: StoreCall,
    { timeoutMs }: CallOptions,
    forward: () => Promise<T>,
  ): Promise<T> {
    const fault = this.faults.find((each) => each.hitsNext(call));
    if (fault === undefined) return forward();
    return this.pending.bound(fault.hit(forward), timeoutMs);
  }

  private pause(ms: number, lifted: Promise<void>): Promise<void> {
    return new Promise((resolve) => {
      const stopTimer = this.clock.setTimer(ms, resolve);
      void lifted.then(() => {
        stopTimer();
        resolve();
      });
    });
  }
}

function unavailable(outcome: StoreError['outcome']): StoreError {
  return new StoreError('unavailable', outcome, 'the store is unavailable');
}
