import {
  type AttachedKeys,
  type CallOptions,
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
} from '../../lib/core/index.js';
import type { MemoryStore } from '../../lib/memory/index.js';
import type { StoreCall } from '../../lib/testing/fault.js';
import { LinkWatch } from './link-watch.js';
import type { SimulatedProcess } from './simulated-process.js';
import { fateOf, type Weather } from './weather.js';
import type { World } from './world.js';

const CALL: CallOptions = { timeoutMs: 0 };

/** How far a watch, or a stale read, may lag behind the cluster, in changes. */
const LONGEST_LAG = 6;

/** A call is answered late, and after it no call on a lease gets through for long. */
export interface Stranding {
  readonly kind: 'grantLease' | 'keepAlive';
  readonly answerMs: number;
  readonly hangMs: number;
}

/** The way of one process to the cluster and back. */
export class NetworkLink implements LockStore {
  weather: Weather;
  /** Until when no request gets through, and until when nothing gets back. */
  cutOff = { there: 0, back: 0 };
  /** Until when calls on leases reach the cluster and are not answered, or do not even reach it. */
  leaseCallsHang = { there: 0, back: 0 };
  /** What becomes of the next call of a kind on leases, and of all that follow it. */
  strandAfterNext: Stranding | undefined;
  laggingMembers = 0;
  /** Calls that have not been answered. */
  readonly underWay = { keepAlives: 0, others: 0 };
  private readonly store: MemoryStore;
  private readonly watches = new Set<LinkWatch>();

  constructor(
    private readonly world: World,
    private readonly process: SimulatedProcess,
    weather: Weather,
  ) {
    this.weather = weather;
    this.store = world.newStore();
  }

  get openWatches(): number {
    return this.watches.size;
  }

  breakWatches(error: StoreError): void {
    for (const watch of [...this.watches]) watch.break(error);
  }

  silenceWatches(): void {
    for (const watch of this.watches) watch.fallSilent();
  }

  /** The process is gone, and its connections with it. */
  drop(): void {
    for (const watch of [...this.watches]) watch.cancel();
  }

  grantLease(seconds: number, call: CallOptions): Promise<GrantedLease> {
    return this.call('grantLease', call, async () => {
      const granted = await this.store.grantLease(
        this.world.grantedSeconds(seconds),
        CALL,
      );
      this.world.leaseGranted(granted.id, this.process.name);
      return granted;
    });
  }

  keepAlive(lease: LeaseId, call: CallOptions): Promise<number | 'gone'> {
    return this.call('keepAlive', call, () => this.store.keepAlive(lease));
  }

  revokeLease(lease: LeaseId, call: CallOptions): Promise<void> {
    return this.call('revokeLease', call, () => this.store.revokeLease(lease));
  }

  timeToLive(lease: LeaseId, call: CallOptions): Promise<number | 'gone'> {
    return this.call('timeToLive', call, () => this.store.timeToLive(lease));
  }

  attachedKeys(lease: LeaseId, call: CallOptions): Promise<AttachedKeys> {
    return this.call('attachedKeys', call, () =>
      this.store.attachedKeys(lease),
    );
  }

  transact(
    transaction: Transaction,
    call: CallOptions,
  ): Promise<TransactionReply> {
    return this.call('transact', call, () => this.store.transact(transaction));
  }

  read(
    operation: RangeOperation,
    call: CallOptions & { readonly stale?: boolean },
  ): Promise<RangeReply & { readonly revision: Revision }> {
    const { random, member } = this.world;
    return this.call('read', call, () =>
      call.stale && random.chance(this.laggingMembers)
        ? Promise.resolve(member.read(operation, random.whole(0, LONGEST_LAG)))
        : this.store.read(operation),
    );
  }

  watch(
    range: KeyRange,
    listener: WatchListener,
    { deletesOnly = false }: { readonly deletesOnly?: boolean } = {},
  ): Watch {
    const { timeline } = this.world;
    let cancelInner = () => {};
    const watch: LinkWatch = new LinkWatch(timeline, this.process, listener, {
      delay: () => this.tripMs(),
      blockedUntil: () => this.cutOff.back,
      onOver: () => {
        this.watches.delete(watch);
        cancelInner();
      },
    });
    this.watches.add(watch);
    this.whenThrough(this.tripMs(), () => {
      if (!watch.isOver) cancelInner = this.register(watch, range, deletesOnly);
    });
    return { cancel: () => watch.cancel() };
  }

  async close(): Promise<void> {}

  private register(
    watch: LinkWatch,
    range: KeyRange,
    deletesOnly: boolean,
  ): () => void {
    const { member, random } = this.world;
    const inner = this.store.watch(
      range,
      {
        created: (revision) => {
          const lag = random.chance(this.laggingMembers)
            ? random.whole(0, LONGEST_LAG)
            : 0;
          const { since, batches } = member.replay(range, deletesOnly, lag);
          watch.say((to) => to.created(lag === 0 ? revision : since));
          for (const events of batches) watch.say((to) => to.events(events));
        },
        events: (events) => watch.say((to) => to.events(events)),
        ended: (error) => watch.break(error),
      },
      { deletesOnly },
    );
    return () => inner.cancel();
  }

  private call<T>(
    kind: StoreCall,
    { timeoutMs }: CallOptions,
    apply: () => Promise<T>,
  ): Promise<T> {
    const { world, process } = this;
    const fate = fateOf(this.weather, world.random, timeoutMs);
    world.trace(process.name, () => `${kind} → ${describe(fate)}`);
    const which = kind === 'keepAlive' ? 'keepAlives' : 'others';
    this.underWay[which] += 1;
    return new Promise((resolve, reject) => {
      let answered = false;
      const answer = (tell: () => void) => {
        if (answered) return;
        answered = true;
        this.underWay[which] -= 1;
        stopTimer();
        tell();
      };
      const stopTimer = process.clock.setTimer(timeoutMs, () =>
        answer(() =>
          reject(new StoreError('timeout', 'unknown', `${kind}: no answer`)),
        ),
      );
      const goBack = (afterMs: number, tell: () => void) =>
        this.whenBack(kind, afterMs, () =>
          process.deliver('message', () => answer(tell)),
        );
      if (fate.failure) {
        const { afterMs, error } = fate.failure;
        goBack(afterMs, () => reject(error));
      }
      for (const [index, afterMs] of fate.copies.entries()) {
        this.whenThrough(
          afterMs,
          () => {
            const { answerMs } = fate;
            const done = this.apply(kind, apply);
            if (index > 0 || answerMs === undefined) done.catch(() => {});
            else
              done.then(
                (reply) => goBack(answerMs, () => resolve(reply)),
                (error) => goBack(answerMs, () => reject(error)),
              );
          },
          kind,
        );
      }
    });
  }

  private apply<T>(kind: StoreCall, apply: () => Promise<T>): Promise<T> {
    const { world, process } = this;
    world.trace('cluster', () => `${kind} of ${process.name} arrives`);
    return world.act({ by: 'process', name: process.name }, apply);
  }

  /** A request goes its way; what meets a cut line may be sent again by the network, or be lost. */
  private whenThrough(ms: number, arrive: () => void, kind?: StoreCall): void {
    const { timeline, random } = this.world;
    this.world.underWay += 1;
    timeline.after(ms, () => {
      this.world.underWay -= 1;
      const hang = isLeaseCall(kind) ? this.leaseCallsHang.there : 0;
      const until = Math.max(this.cutOff.there, hang);
      if (until <= timeline.now) {
        this.strandAfter(kind);
        arrive();
      } else if (random.chance(0.5))
        this.whenThrough(until - timeline.now + this.tripMs(), arrive, kind);
      else if (kind === undefined)
        this.whenThrough(until - timeline.now + this.tripMs(), arrive);
    });
  }

  private strandAfter(kind?: StoreCall): void {
    if (kind === undefined || this.strandAfterNext?.kind !== kind) return;
    const { answerMs, hangMs } = this.strandAfterNext;
    const { now } = this.world.timeline;
    this.leaseCallsHang = { back: now + answerMs, there: now + hangMs };
    this.strandAfterNext = undefined;
  }

  private whenBack(kind: StoreCall, ms: number, arrive: () => void): void {
    const { timeline } = this.world;
    this.world.underWay += 1;
    timeline.after(ms, () => {
      this.world.underWay -= 1;
      const hang = isLeaseCall(kind) ? this.leaseCallsHang.back : 0;
      const until = Math.max(this.cutOff.back, hang);
      if (until <= timeline.now) arrive();
      else this.whenBack(kind, until - timeline.now + this.tripMs(), arrive);
    });
  }

  private tripMs(): number {
    const { delayMs } = this.weather;
    return this.world.random.between(delayMs / 4, delayMs);
  }
}

function isLeaseCall(kind?: StoreCall): boolean {
  return kind === 'keepAlive' || kind === 'grantLease';
}

function describe({
  copies,
  answerMs,
  failure,
}: ReturnType<typeof fateOf>): string {
  const there = copies.map((ms) => ms.toFixed(1)).join(' and ') || 'never';
  const back = failure?.error.outcome ?? answerMs?.toFixed(1) ?? 'never';
  return `there ${there}, back ${back}`;
}
