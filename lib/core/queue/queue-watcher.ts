import type { LockMode } from '../api/lock.js';
import type { Instant } from '../time/clock.js';
import {
  prefixRange,
  type RangeReply,
  type Revision,
} from '../store/lock-store.js';
import { QueueView } from './queue-view.js';
import { readQueue } from './queue-transactions.js';
import { newBackoff, type ClientContext } from '../context/client-context.js';
import type {
  DeleteEvent,
  Subscription,
  WatchSubscriber,
} from '../store/watch-hub.js';

/**
 * Up to this many tickets ahead, a waiter hears of every departure and knows without asking when
 * its turn has come. In longer queues that would wake everybody each time, so whoever comes to one
 * hears only of the ticket before it and then reads once.
 */
const WIDE_UP_TO = 8;

/** Spares those who hold a lock for a moment a watch that would tell them nothing in time. */
const OWN_WATCH_AFTER_MS = 100;

const nothing = () => {};

/**
 * One ticket's place in one queue: reads, watches, and tells when something has changed.
 *
 * Whatever a watch may have missed is read: after it was made, after it broke, and now and then
 * for no reason at all, because a member that is cut off may stay silent.
 */
export class QueueWatcher implements WatchSubscriber {
  readonly view: QueueView;
  /** When it last heard of a departure. */
  heardAt: Instant | undefined;
  private readonly subscriptions = new Map<string, Subscription>();
  private early: DeleteEvent[] | undefined = [];
  private reading = false;
  private holding = false;
  private narrow = false;
  private watchedBlocker: string | undefined;
  private readUpTo: Revision = 0n;
  private ended = false;
  private cancelTimer = nothing;

  constructor(
    private readonly context: ClientContext,
    readonly prefix: string,
    name: string,
    private readonly lockMode: LockMode,
    private readonly options: {
      readonly recheckMs: number;
      readonly onChange: () => void;
    },
  ) {
    this.view = new QueueView(name, lockMode);
    const range = prefixRange(prefix);
    if (context.watches.standing(range)) this.subscribe(range);
  }

  get keysOnly(): boolean {
    return this.lockMode.mode === 'exclusive';
  }

  /** Takes in the read that came with the ticket. */
  entered(queue: RangeReply, revision: Revision): void {
    this.view.snapshot(revision, queue.keys);
    this.takeIn(this.early ?? []);
    this.early = undefined;
    // The watch may have been made anew while the ticket was on its way.
    this.readAtLeast(this.readUpTo);
  }

  /** Begins to wait for the turn. */
  wait(): void {
    this.narrow =
      this.lockMode.mode !== 'permits' && this.view.aheadCount > WIDE_UP_TO;
    this.follow();
    this.planRecheck();
  }

  /** The turn has come: from now on only the ticket itself matters. */
  hold(): void {
    this.holding = true;
    this.cancelTimer();
    this.unsubscribe(this.watchedBlocker);
    if (this.subscriptions.size > 0) return;
    this.cancelTimer = this.context.clock.setTimer(OWN_WATCH_AFTER_MS, () => {
      this.cancelTimer = nothing;
      this.subscribe({ key: this.view.name });
    });
  }

  end(): void {
    this.ended = true;
    this.cancelTimer();
    for (const subscription of this.subscriptions.values()) subscription.end();
    this.subscriptions.clear();
  }

  synchronised(revision: Revision): void {
    if (this.early === undefined) this.readAtLeast(revision);
    else this.readUpTo = revision;
  }

  deletes(events: readonly DeleteEvent[]): void {
    if (this.ended) return;
    this.heardAt = this.context.clock.now();
    if (this.early !== undefined) {
      this.early.push(...events);
      return;
    }
    this.takeIn(events);
    this.settle(events.at(-1)!.modRevision);
  }

  /** Two watches are not ordered among each other, so a narrow waiter reads before it believes. */
  private takeIn(events: readonly DeleteEvent[]): void {
    for (const { key, modRevision } of events)
      this.view.deleted(key, modRevision, !this.narrow);
  }

  /** After news: admitted, gone, or somebody else to wait for. */
  private settle(revision: Revision): void {
    const { admittedAt, ticketPresent, nearestBlocker, conflict } = this.view;
    if (!ticketPresent || admittedAt !== undefined || conflict !== undefined) {
      this.options.onChange();
      return;
    }
    // Watching only one blocker, we do not know who else left: read when that one has.
    if (this.narrow && nearestBlocker !== this.watchedBlocker)
      this.readAtLeast(revision);
  }

  private follow(): void {
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
    this.subscriptions.get(this.prefix)?.endAtOnce();
    this.subscriptions.delete(this.prefix);
  }

  private subscribe(range: { key: string; end?: string }): void {
    if (this.ended || this.subscriptions.has(range.key)) return;
    const subscription = this.context.watches.subscribe(range, this);
    this.subscriptions.set(range.key, subscription);
    const since = subscription.completeSince();
    if (since !== undefined) this.synchronised(since);
  }

  private unsubscribe(key: string | undefined): void {
    if (key === undefined) return;
    this.subscriptions.get(key)?.end();
    this.subscriptions.delete(key);
  }

  private planRecheck(): void {
    this.cancelTimer = this.context.clock.setTimer(
      this.options.recheckMs,
      () => {
        this.planRecheck();
        void this.recheck();
      },
    );
  }

  /** A linearizable look, and a word to the watch when it should have told us. */
  private async recheck(): Promise<void> {
    const waiting = !this.decided;
    await this.read(false);
    for (const subscription of this.subscriptions.values()) {
      const unmade = subscription.completeSince() === undefined;
      if (unmade || (waiting && this.decided)) subscription.reportMissed();
    }
  }

  private get decided(): boolean {
    return this.view.admittedAt !== undefined || !this.view.ticketPresent;
  }

  private readAtLeast(revision: Revision): void {
    if (revision <= this.view.revision || this.ended) return;
    if (revision > this.readUpTo) this.readUpTo = revision;
    if (this.reading) return;
    void this.readUntilKnown();
  }

  private async readUntilKnown(): Promise<void> {
    this.reading = true;
    const backoff = newBackoff(this.context);
    let stale = !this.holding;
    while (!this.ended && this.view.revision < this.readUpTo) {
      const wanted = this.readUpTo;
      const got = await this.read(stale);
      // Where the members of an etcd disagree, none may ever show what one has told.
      const short = !stale && this.view.revision < wanted;
      if (got === 'failed' || short) await backoff.pause();
      stale = false;
    }
    this.reading = false;
  }

  /**
   * A stale read is good enough when it is no older than what we want to know and shows our own
   * ticket: nobody can get in ahead of it later, so "nobody ahead" stays true.
   */
  private async read(stale: boolean): Promise<'read' | 'failed'> {
    try {
      const reply = stale
        ? await this.staleRead()
        : await this.linearizableRead();
      if (this.ended) return 'read';
      const current =
        !stale ||
        (reply.revision >= this.readUpTo &&
          reply.keys.some((key) => key.key === this.view.name));
      if (!current) return 'read';
      this.view.snapshot(reply.revision, reply.keys);
      this.settle(reply.revision);
      if (!this.decided) this.follow();
      return 'read';
    } catch {
      return 'failed';
    }
  }

  private staleRead(): Promise<RangeReply & { readonly revision: Revision }> {
    const whole = readQueue(this.prefix, this.keysOnly);
    return this.context.store.read(
      this.turnExpected ? { ...whole, limit: 1 } : whole,
      { timeoutMs: this.context.requestTimeoutMs, stale: true },
    );
  }

  /** The one before us has left, and most likely was the only one left. */
  private get turnExpected(): boolean {
    const { nearestBlocker } = this.view;
    return (
      this.narrow && this.keysOnly && nearestBlocker !== this.watchedBlocker
    );
  }

  private async linearizableRead(): Promise<
    RangeReply & { readonly revision: Revision }
  > {
    const reply = await this.context.commits.submit({
      compare: [],
      success: [readQueue(this.prefix, this.keysOnly)],
      failure: [],
    });
    const queue = reply.replies[0] as RangeReply;
    return { ...queue, revision: reply.revision };
  }
}
