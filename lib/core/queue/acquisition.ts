import type { LockMode } from '../api/lock.js';
import type { ClientContext } from '../context/client-context.js';
import type { Session, SessionUser } from '../session/session.js';
import type { CommitRequest } from '../store/group-commit.js';
import type {
  RangeReply,
  Revision,
  StoredKey,
  StoreError,
  TransactionReply,
} from '../store/lock-store.js';
import { type Instant, latestOf, steadyBetween } from '../time/clock.js';
import { Wakeup } from '../time/wakeup.js';
import { Arrivals, type Keeper } from './arrivals.js';
import type { EntryBatch, EntryReply } from './entry-batch.js';
import { EntrySender } from './entry-sender.js';
import {
  annotateTransaction,
  answerTransaction,
  type EntryCondition,
  type EntryTerms,
  entryTransaction,
  queuesIn,
} from './queue-transactions.js';
import { QueueOrder } from './queue-order.js';
import { QueueWatcher } from './queue-watcher.js';
import type { RemovalOutcome } from './remove-tickets.js';
import { marked, mayBeKept, type Ticket, ticketName } from './ticket.js';
import {
  type RemovableTickets,
  TicketRemoval,
  type TicketSlot,
} from './ticket-removal.js';

interface Slot extends TicketSlot {
  readonly watcher: QueueWatcher;
}

/** Why an acquisition will not be admitted, or is no longer. */
export type AcquisitionEnd =
  | { readonly why: 'session-over' | 'ticket-gone' | 'abandoned' }
  | { readonly why: 'conflict'; readonly detail: string }
  | { readonly why: 'refused'; readonly error: StoreError };

export type AcquisitionOutcome = { readonly why: 'admitted' } | AcquisitionEnd;

export interface AcquisitionTerms {
  readonly prefixes: readonly string[];
  readonly lockMode: LockMode;
  readonly value: string;
  /** Whether the ticket is to say that it may be kept. */
  readonly keeps: boolean;
  /** Lets it enter together with others of this process. */
  readonly batch?: EntryBatch | undefined;
}

/**
 * One attempt to own one or more keys: its tickets, from before they are put until it is certain
 * that they are gone. All tickets are put at one revision, so acquisitions for several keys are totally
 * ordered and cannot wait for each other in a circle.
 */
export class Acquisition implements RemovableTickets {
  readonly slots: readonly Slot[];
  readonly membership: SessionUser;
  readonly entrySender: EntrySender;
  private readonly removal: TicketRemoval;
  private entered = false;
  private value: string;
  private aloneAt: Revision | undefined;
  private hearing:
    { readonly arrivals: Arrivals; readonly keeper: Keeper } | undefined;
  private token: Revision | undefined;
  private ending: AcquisitionEnd | undefined;
  private readonly holders = new Set<(end: AcquisitionEnd) => void>();
  /** For how long the tickets must stand, and since when. */
  private keeping: { readonly from: Instant; readonly ms: number } | undefined;
  private readonly wakeup = new Wakeup();
  /** How far etcd had got: what it has put since is younger. */
  private readonly begunAt: Revision;

  constructor(
    private readonly context: ClientContext,
    readonly session: Session,
    private readonly terms: AcquisitionTerms,
  ) {
    this.begunAt = context.history.reached;
    this.entrySender = new EntrySender(context, session);
    this.value = terms.keeps ? marked(terms.value, 'keep') : terms.value;
    this.slots = terms.prefixes.map((prefix) => this.takeSlot(prefix));
    this.membership = session.enlist(() => this.end({ why: 'session-over' }));
    this.removal = new TicketRemoval(context, this);
    if (!session.checkAlive()) this.end({ why: 'session-over' });
  }

  /** Resolves when nothing of this acquisition is left in etcd, or its lease is what will remove it. */
  get removed(): Promise<RemovalOutcome> {
    return this.removal.removed;
  }

  /** What goes wrong on the way to the store; undefined while it answers. */
  get trouble(): StoreError | undefined {
    return this.entrySender.trouble;
  }

  /**
   * Adds a holder of the keys, whose `onEnd` is called if the acquisition has ended since it was
   * admitted, or when it does.
   */
  addHolder(onEnd: (end: AcquisitionEnd) => void): void {
    this.holders.add(onEnd);
    if (this.ending !== undefined) onEnd(this.ending);
  }

  /**
   * With the last holder the tickets may go, but not before `keepMs` of any of them have passed.
   *
   * @returns whether it was the last
   */
  removeHolder(onEnd: (end: AcquisitionEnd) => void, keepMs: number): boolean {
    this.holders.delete(onEnd);
    this.keepFor(keepMs);
    return this.holders.size === 0;
  }

  private keepFor(ms: number): void {
    const { clock } = this.context;
    if (ms > this.keepLeft) this.keeping = { from: clock.now(), ms };
    const left = this.keepLeft;
    if (this.holders.size === 0 && left > 0) this.removeIn(left);
  }

  private get keepLeft(): number {
    if (this.keeping === undefined) return 0;
    const { from, ms } = this.keeping;
    return ms - steadyBetween(from, this.context.clock.now());
  }

  /** Whether the tickets are known to have been put. */
  get queued(): boolean {
    return this.entered;
  }

  /** The revision at which the last of the keys was known to be ours. */
  get fencingToken(): Revision {
    return this.token!;
  }

  /** When the last departure was heard of that it waited for. */
  get clearedAt(): Instant | undefined {
    return latestOf(this.slots.map(({ watcher }) => watcher.heardAt));
  }

  get aheadCount(): number {
    return Math.max(
      ...this.slots.map(({ watcher }) => watcher.view.aheadCount),
    );
  }

  /** Those of our tickets that were seen in etcd. */
  get tickets(): readonly Ticket[] {
    return this.slots.flatMap(({ prefix, name, watcher }) => {
      const { createRevision } = watcher.view;
      return createRevision === undefined
        ? []
        : [{ prefix, name, createRevision }];
    });
  }

  /** Whether its tickets are gone, or to go. */
  get ended(): boolean {
    return this.ending !== undefined;
  }

  /** Whether another acquisition may take this one's tickets out in its own transaction. */
  get canBeReplaced(): boolean {
    return this.ending === undefined && !this.entrySender.copiesAtLarge;
  }

  /**
   * Enters the queues, in one transaction that also takes out the tickets of `replaced`, and
   * resolves when admitted to all of them, or with the reason why that will not happen.
   *
   * @throws {StoreError} one that trying again does not cure
   */
  async enter(
    onQueued: () => void,
    replaced?: Acquisition,
  ): Promise<AcquisitionOutcome> {
    const leaving = replaced?.tickets ?? [];
    replaced?.stop();
    const entering = this.putTickets(leaving);
    void replaced?.removal.leaveTo(entering, this.entrySender);
    await entering;
    this.look();
    if (!this.decided) {
      onQueued();
      for (const { watcher } of this.slots) watcher.wait();
    }
    while (!this.decided) await this.wakeup.sleep();
    return this.outcome();
  }

  /**
   * Enters the queues only if that admits it at once. `'busy'` leaves nothing in etcd that was not
   * seen to stand behind others.
   *
   * @throws {StoreError} one that trying again does not cure
   */
  async tryOnce(): Promise<AcquisitionOutcome | { readonly why: 'busy' }> {
    let seen: Revision = 0n;
    let refusedUnseen = false;
    for (;;) {
      const condition = { kind: 'try', seen } as const;
      const reply = await this.send(condition);
      if (reply === undefined) return this.outcome();
      if (this.takeIn(reply)) {
        this.refuseStray(reply);
        this.look();
        return this.decided ? this.outcome() : { why: 'busy' };
      }
      const queues = queuesIn(reply).map(({ keys }) => keys);
      const nobodyCame = queues
        .flat()
        .every((key) => key.createRevision <= condition.seen);
      if (nobodyCame) {
        // Who kept the tickets out may have left in the same commit. Otherwise it was the epoch.
        if (refusedUnseen) await this.entrySender.renewEpoch();
        refusedUnseen = true;
      } else if (queues.every((keys) => this.fitsBehind(keys, reply.before))) {
        seen = reply.revision;
      } else {
        if (this.ending !== undefined) return this.ending;
        const taken = queues.filter(
          (keys) => !this.fitsBehind(keys, reply.before),
        );
        const keepers = taken.map(keeperIn);
        return keepers.every((name) => name !== undefined)
          ? this.ask(keepers)
          : { why: 'busy' };
      }
    }
  }

  /**
   * Where a ticket may be kept, whoever only tries cannot see whether the lock is in use. It stands
   * behind, and the keeper lets it in, or takes its ticket out.
   */
  private async ask(
    keepers: readonly string[],
  ): Promise<AcquisitionOutcome | { readonly why: 'busy' }> {
    this.value = marked(this.value, 'ask');
    await this.putTickets([]);
    this.look();
    if (!this.decided) for (const { watcher } of this.slots) watcher.wait();
    while (!this.decided && !this.waitsForOthersThan(keepers))
      await this.wakeup.sleep();
    const gone = this.ending?.why === 'ticket-gone';
    return gone || !this.decided ? { why: 'busy' } : this.outcome();
  }

  private waitsForOthersThan(names: readonly string[]): boolean {
    return this.slots.some(({ watcher }) =>
      watcher.view.waitsForOthersThan(names),
    );
  }

  /** Whether its ticket says that it may be kept. Such a one is for one key. */
  get keeps(): boolean {
    return this.terms.keeps;
  }

  /** Begins to hear who comes to the queue behind the ticket. */
  hear(keeper: Keeper): Arrivals {
    const arrivals = new Arrivals(
      this.context,
      this.tickets[0]!,
      keeper,
      this.aloneAt,
    );
    this.hearing = { arrivals, keeper };
    return arrivals;
  }

  /** The ticket was found missing. */
  ticketGone(): void {
    this.end({ why: 'ticket-gone' });
  }

  /** Tells those who ask that the lock is in use. Where that fails, their patience ends. */
  async answer(asking: readonly Ticket[]): Promise<void> {
    const { tickets, session, context, terms } = this;
    this.value = terms.value;
    try {
      await context.commits.submit(
        answerTransaction(tickets[0]!, terms.value, session.lease, asking),
      );
    } catch (error) {
      context.emit({ type: 'background-failure', error: error as StoreError });
    }
  }

  /** Takes the tickets out of etcd, for as long as that takes. See {@link removed}. */
  remove(): void {
    this.stop();
    this.removal.begin();
  }

  /**
   * Gives the keys up, but leaves the tickets standing for `ms` on a lease of their own, so that
   * nobody else is admitted sooner, whatever becomes of this process.
   */
  removeIn(ms: number): void {
    this.stop();
    this.removal.beginIn(ms, this.terms.value);
  }

  /** The store has gone back: what was known of the queues may never have happened. */
  startAnew(): void {
    for (const { watcher } of this.slots) watcher.startAnew();
  }

  /** Replaces what the tickets say. Their places stay; a failure is only reported. */
  async rewrite(value: string): Promise<void> {
    const { tickets, session } = this;
    try {
      await this.context.commits.submit(
        annotateTransaction(
          tickets,
          this.keeps ? marked(value, 'keep') : value,
          session.lease,
        ),
      );
    } catch (error) {
      this.context.emit({
        type: 'background-failure',
        error: error as StoreError,
      });
    }
  }

  private takeSlot(prefix: string): Slot {
    const number = this.session.slots.take(prefix);
    const name = ticketName(prefix, this.session.lease, number);
    const watcher = new QueueWatcher(
      this.context,
      prefix,
      name,
      this.terms.lockMode,
      {
        recheckMs: this.session.ttlMs / 3,
        changed: () => {
          this.look();
          this.wakeup.wake();
        },
        refused: (error) => this.end({ why: 'refused', error }),
      },
    );
    return { prefix, name, number, watcher };
  }

  /** The reply that shows our tickets; undefined when stopped before. */
  private async putTickets(
    leaving: readonly Ticket[],
  ): Promise<EntryReply | undefined> {
    for (;;) {
      const reply = await this.send({ kind: 'enter' }, leaving);
      if (reply === undefined) return reply;
      if (this.takeIn(reply)) {
        this.refuseStray(reply);
        return reply;
      }
      await this.entrySender.renewEpoch();
    }
  }

  private send(
    condition: EntryCondition,
    leaving: readonly Ticket[] = [],
  ): Promise<EntryReply | undefined> {
    const { batch, prefixes } = this.terms;
    return this.entrySender.send((again): CommitRequest<EntryReply> => {
      const terms = this.entryTerms;
      // Where an earlier copy has put our ticket, it would make the entries of others fail.
      if (batch !== undefined && !again && leaving.length === 0)
        return batch.request(terms, condition);
      const transaction = entryTransaction(terms, condition, leaving);
      return this.context.commits.request(transaction, prefixes);
    });
  }

  private get entryTerms(): EntryTerms {
    const { value } = this;
    const { lockMode } = this.terms;
    return {
      entries: this.slots.map(({ prefix, name }) => ({ prefix, name, value })),
      lease: this.session.lease,
      fence: this.entrySender.fence,
      keysOnly: lockMode.mode === 'exclusive',
    };
  }

  /** Whether the reply shows our tickets in etcd, put by this copy of the request or another. */
  private takeIn(reply: TransactionReply): boolean {
    const queues = queuesIn(reply);
    const standing = this.slots.some(
      ({ name }, index) =>
        QueueOrder.of(queues[index]!.keys).placeOf(name) !== undefined,
    );
    if (!standing) return false;
    this.entered = true;
    if (queues.every(({ keys }) => keys.length === 1))
      this.aloneAt = reply.revision;
    for (const [index, { watcher }] of this.slots.entries()) {
      watcher.entered(queues[index]!, reply.revision);
    }
    return true;
  }

  /**
   * A ticket of our name that none of our requests put came back from the dead, in a store that was
   * restored: it is taken out, not taken over.
   */
  private refuseStray({ succeeded }: TransactionReply): void {
    const stray =
      !this.entrySender.copiesAtLarge ||
      this.tickets.some((one) => one.createRevision <= this.begunAt);
    if (!succeeded && stray) this.end({ why: 'ticket-gone' });
  }

  /** Whether it would be admitted behind these tickets and `before` others on its own terms. */
  private fitsBehind(keys: RangeReply['keys'], before = 0): boolean {
    const own = this.terms.lockMode;
    const order = QueueOrder.of(keys);
    const detail = order.conflictBefore(keys.length, own);
    if (detail !== undefined) this.end({ why: 'conflict', detail });
    return order.roomFor(own) > before;
  }

  private look(): void {
    if (!this.entered || this.ending !== undefined) return;
    const views = this.slots.map(({ watcher }) => watcher.view);
    const conflict = views.find(
      (view) => view.conflict !== undefined,
    )?.conflict;
    if (views.some((view) => !view.ticketPresent)) {
      this.end({ why: 'ticket-gone' });
    } else if (conflict !== undefined) {
      this.end({ why: 'conflict', detail: conflict });
    } else if (this.token === undefined) {
      this.admit(views.map((view) => view.admittedAt));
    }
  }

  private admit(revisions: readonly (Revision | undefined)[]): void {
    let latest = 0n;
    for (const revision of revisions) {
      if (revision === undefined) return;
      if (revision > latest) latest = revision;
    }
    // After a pause the news may be older than what the clocks say of the session.
    if (!this.session.checkAlive()) return;
    this.token = latest;
    for (const { watcher } of this.slots) watcher.hold({ keeps: this.keeps });
    this.wakeup.wake();
  }

  private get decided(): boolean {
    return this.ending !== undefined || this.token !== undefined;
  }

  private outcome(): AcquisitionOutcome {
    return this.ending ?? { why: 'admitted' };
  }

  private end(end: AcquisitionEnd): void {
    if (this.ending !== undefined) return;
    this.stop(end);
    this.hearing?.keeper.changed();
    if (this.token === undefined) return;
    for (const onEnd of [...this.holders]) onEnd(end);
  }

  private stop(end: AcquisitionEnd = { why: 'abandoned' }): void {
    this.ending ??= end;
    this.membership.mute();
    void this.entrySender.stop();
    for (const { watcher } of this.slots) watcher.end();
    this.hearing?.arrivals.stop();
    this.wakeup.wake();
  }
}

/** The one ticket of a queue, if it may be kept. */
function keeperIn(keys: readonly StoredKey[]): string | undefined {
  const [first, ...others] = keys;
  return first !== undefined && others.length === 0 && mayBeKept(first)
    ? first.key
    : undefined;
}
