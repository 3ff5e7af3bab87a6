import type { LockMode } from '../api/lock.js';
import type { ClientContext } from '../context/client-context.js';
import {
  prefixRange,
  type RangeReply,
  type Revision,
  type StoredKey,
  type StoreError,
} from '../store/lock-store.js';
import type {
  DeleteEvent,
  Subscription,
  WatchSubscriber,
} from '../store/watch-hub.js';
import { elapsedBetween, type Instant } from '../time/clock.js';
import { type KnownQueue, QueueReader } from './queue-reader.js';
import { QueueView } from './queue-view.js';

/**
 * Up to this many tickets ahead, a waiter hears of every departure and knows without asking when
 * its turn has come. In longer queues that would wake everybody each time, so whoever comes to one
 * hears only of the ticket before it and then reads once.
 */
const WIDE_UP_TO = 8;

/** Spares those who hold a lock for a moment a watch that would tell them nothing in time. */
const OWN_WATCH_AFTER_MS = 100;

const nothing = () => {};

/** Who has a ticket in the queue. */
export interface QueueMember {
  readonly recheckMs: number;
  /** Something is known of the queue that was not: the turn may have come, or the ticket be gone. */
  changed(): void;
  /** The store refuses to show the queue, and will do so again. */
  refused(error: StoreError): void;
}

/**
 * Follows one ticket in one queue: watches, reads what a watch may have missed, and tells when
 * something has changed.
 *
 * It reads after a watch was made, after it broke, after the store has gone back, and now and then
 * for no reason at all, because a member that is cut off may stay silent.
 */
export class QueueWatcher implements WatchSubscriber, KnownQueue {
  readonly view: QueueView;
  /** When it last heard of a departure. */
  heardAt: Instant | undefined;
  private readonly reader: QueueReader;
  private subscriptions: readonly Subscription[] = [];
  /** DELETEs heard while there is no read to apply them to. */
  private early: DeleteEvent[] | undefined = [];
  private phase: 'entering' | 'waiting' | 'holding' | 'ended' = 'entering';
  /** Watches one ticket ahead and its own, not the whole queue. */
  private narrow = false;
  private watchedBlocker: string | undefined;
  /** Since when the store refuses to show the queue. */
  private refusedSince: Instant | undefined;
  private cancelTimer = nothing;

  constructor(
    private readonly context: ClientContext,
    readonly prefix: string,
    name: string,
    private readonly lockMode: LockMode,
    private readonly member: QueueMember,
  ) {
    this.view = new QueueView(name, lockMode);
    this.reader = new QueueReader(context, prefix, this.keysOnly, this);
    const range = prefixRange(prefix);
    if (context.watches.standing(range)) this.subscribe(range);
  }

  get keysOnly(): boolean {
    return this.lockMode.mode === 'exclusive';
  }

  /** Takes in the read that came with the ticket. */
  entered(queue: RangeReply, revision: Revision): void {
    this.apply(revision, queue.keys);
    // The watch may have been made anew while the ticket was on its way.
    this.reader.catchUp();
  }

  /** Begins to wait for the turn. */
  wait(): void {
    this.phase = 'waiting';
    this.narrow =
      this.lockMode.mode !== 'permits' && this.view.aheadCount > WIDE_UP_TO;
    this.follow();
    this.planRecheck();
  }

  /**
   * The turn has come: from now on only the ticket itself matters. Where it may be kept, that is
   * heard of with the arrivals, by a watch that lets the process end.
   */
  hold({ keeps }: { readonly keeps: boolean }): void {
    this.phase = 'holding';
    this.cancelTimer();
    if (keeps) {
      this.endSubscriptions();
      return;
    }
    this.unsubscribe(this.watchedBlocker);
    if (this.subscriptions.length > 0) return;
    this.cancelTimer = this.context.clock.setTimer(OWN_WATCH_AFTER_MS, () => {
      this.cancelTimer = nothing;
      this.subscribe({ key: this.view.name });
    });
  }

  end(): void {
    this.phase = 'ended';
    this.reader.end();
    this.cancelTimer();
    this.endSubscriptions();
  }

  /** The store has gone back: what was known of the queue may never have happened. */
  startAnew(): void {
    if (this.phase === 'ended') return;
    this.view.forget();
    this.early = [];
    this.reader.forget();
    this.lookAnew();
  }

  synchronised(revision: Revision): void {
    this.reader.want(revision);
    if (this.early === undefined) this.reader.catchUp();
  }

  deletes(events: readonly DeleteEvent[]): void {
    if (this.phase === 'ended') return;
    this.heardAt = this.context.clock.now();
    if (this.early !== undefined) {
      this.early.push(...events);
      return;
    }
    this.takeDeletes(events);
    this.settle(events.at(-1)!.modRevision);
  }

  get revision(): Revision {
    return this.view.revision;
  }

  get staleWillDo(): boolean {
    return this.phase !== 'holding';
  }

  /** The one before us has left, and most likely was the only one left. */
  get staleLimit(): number | undefined {
    const turnExpected =
      this.narrow &&
      this.keysOnly &&
      this.view.nearestBlocker !== this.watchedBlocker;
    return turnExpected ? 1 : undefined;
  }

  shows(keys: readonly StoredKey[]): boolean {
    return keys.some(({ key }) => key === this.view.name);
  }

  take(revision: Revision, keys: readonly StoredKey[]): void {
    this.refusedSince = undefined;
    this.apply(revision, keys);
    this.settle(revision);
    if (!this.decided) this.follow();
  }

  /**
   * Who waits cannot be helped. Who holds would not hear either that its lock is taken away, but loses
   * it only to a refusal that lasts: one that comes while rights are changed may be over at once.
   */
  refused(error: StoreError): void {
    const now = this.context.clock.now();
    this.refusedSince ??= now;
    const lasts =
      elapsedBetween(this.refusedSince, now) >= this.member.recheckMs;
    if (this.phase === 'waiting' || (this.phase === 'holding' && lasts))
      this.member.refused(error);
  }

  /** While the ticket is on its way there is nothing to look for: {@link entered} will. */
  lookAnew(): void {
    this.reader.wantAnew();
    if (this.view.createRevision !== undefined) this.reader.catchUp();
  }

  private apply(revision: Revision, keys: readonly StoredKey[]): void {
    this.view.snapshot(revision, keys);
    const { early } = this;
    this.early = undefined;
    if (early !== undefined) this.takeDeletes(early);
  }

  /**
   * Two watches are not ordered among each other, so a narrow waiter reads before it believes. So
   * does everybody for as long as a read is due: what a watch missed while it was being made may be
   * the end of the own ticket.
   */
  private takeDeletes(events: readonly DeleteEvent[]): void {
    const complete = !this.narrow && !this.reader.behind;
    for (const { key, modRevision } of events)
      this.view.deleted(key, modRevision, complete);
  }

  /** After news: admitted, gone, or somebody else to wait for. */
  private settle(revision: Revision): void {
    this.member.changed();
    const { admittedAt, ticketPresent, nearestBlocker, conflict } = this.view;
    if (!ticketPresent || admittedAt !== undefined || conflict !== undefined)
      return;
    // Watching only one blocker, we do not know who else left: read when that one has.
    if (this.narrow && nearestBlocker !== this.watchedBlocker) {
      this.reader.want(revision);
      this.reader.catchUp();
    }
  }

  private follow(): void {
    if (this.phase !== 'waiting') return;
    if (!this.narrow) {
      this.subscribe(prefixRange(this.prefix));
      return;
    }
    const { nearestBlocker } = this.view;
    if (nearestBlocker !== this.watchedBlocker) {
      const left = this.watchedBlocker;
      this.watchedBlocker = nearestBlocker;
      if (nearestBlocker !== undefined) this.subscribe({ key: nearestBlocker });
      this.unsubscribe(left);
    }
    this.subscribe({ key: this.view.name });
    this.leave(this.prefix)?.endAtOnce();
  }

  private subscribe(range: { key: string; end?: string }): void {
    if (this.phase === 'ended') return;
    if (this.subscriptions.some(({ key }) => key === range.key)) return;
    const subscription = this.context.watches.subscribe(range, this);
    this.subscriptions = [...this.subscriptions, subscription];
    const since = subscription.completeSince();
    if (since !== undefined) this.synchronised(since);
  }

  private endSubscriptions(): void {
    for (const subscription of this.subscriptions) subscription.end();
    this.subscriptions = [];
  }

  private unsubscribe(key: string | undefined): void {
    if (key !== undefined) this.leave(key)?.end();
  }

  private leave(key: string): Subscription | undefined {
    const left = this.subscriptions.find((one) => one.key === key);
    if (left !== undefined)
      this.subscriptions = this.subscriptions.filter((one) => one !== left);
    return left;
  }

  private planRecheck(): void {
    this.cancelTimer = this.context.clock.setTimer(
      this.member.recheckMs,
      () => {
        this.planRecheck();
        void this.recheck();
      },
    );
  }

  /** A linearizable look, and a word to the watch when it should have told us. */
  private async recheck(): Promise<void> {
    const waiting = !this.decided;
    await this.reader.readNow();
    for (const subscription of this.subscriptions) {
      const unmade = subscription.completeSince() === undefined;
      if (unmade || (waiting && this.decided)) subscription.reportMissed();
    }
  }

  private get decided(): boolean {
    return this.view.admittedAt !== undefined || !this.view.ticketPresent;
  }
}
