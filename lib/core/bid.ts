import { Ahead, conflictBetween } from './admission.js';
import { BidExit, type TicketSlot } from './bid-exit.js';
import type { BidEnd, BidTerms, BidVerdict } from './bid-terms.js';
import { type Instant, latestOf } from './clock.js';
import type { Departure } from './departure.js';
import { EntryRequests } from './entry-requests.js';
import type {
  RangeReply,
  Revision,
  StoredKey,
  StoreError,
  TransactionReply,
} from './lock-store.js';
import { Place } from './place.js';
import {
  annotateTransaction,
  enterTransaction,
  type EntryTerms,
  queuesIn,
  tryTransaction,
} from './queue-transactions.js';
import type { Runtime } from './runtime.js';
import type { Session, SessionUser } from './session.js';
import { readTicket, type Ticket, ticketName } from './ticket.js';

interface Slot extends TicketSlot {
  readonly place: Place;
}

/**
 * One attempt to own one or more keys: its tickets, from before they are put until it is certain
 * that they are gone. All tickets are put at one revision, so bids for several keys are totally
 * ordered and cannot wait for each other in a circle.
 */
export class Bid {
  private readonly slots: readonly Slot[];
  private readonly membership: SessionUser;
  private readonly requests: EntryRequests;
  private readonly exit: BidExit;
  private entered = false;
  private token: Revision | undefined;
  private ending: BidEnd | undefined;
  private onEnded: ((end: BidEnd) => void) | undefined;
  private wake: (() => void) | undefined;

  constructor(
    private readonly runtime: Runtime,
    readonly session: Session,
    private readonly terms: BidTerms,
  ) {
    this.requests = new EntryRequests(runtime, session, terms.prefixes);
    this.slots = terms.prefixes.map((prefix) => this.takeSlot(prefix));
    this.membership = session.enlist(() => this.end({ why: 'session-over' }));
    this.exit = new BidExit(
      runtime,
      session,
      this.membership,
      this.requests,
      this.slots,
      () => this.tickets,
    );
    if (session.over) this.end({ why: 'session-over' });
  }

  /** Resolves when nothing of this bid is left in etcd, or its lease is what will remove it. */
  get departed(): Promise<Departure> {
    return this.exit.departed;
  }

  /** What goes wrong on the way to the store; undefined while it answers. */
  get trouble(): StoreError | undefined {
    return this.requests.trouble;
  }

  /** Calls `listener` once if the bid has ended since it was admitted, or when it does. */
  whenEnded(listener: (end: BidEnd) => void): void {
    this.onEnded = listener;
    if (this.ending !== undefined) listener(this.ending);
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
    return latestOf(this.slots.map(({ place }) => place.heardAt));
  }

  get aheadCount(): number {
    return Math.max(...this.slots.map(({ place }) => place.view.aheadCount));
  }

  /** Those of our tickets that were seen in etcd. */
  get tickets(): readonly Ticket[] {
    return this.slots.flatMap(({ prefix, name, place }) => {
      const { createRevision } = place.view;
      return createRevision === undefined
        ? []
        : [{ prefix, name, createRevision }];
    });
  }

  /** Whether another bid may take this one's tickets out in its own transaction. */
  get canBeRelieved(): boolean {
    return this.ending === undefined && !this.requests.copiesAtLarge;
  }

  /**
   * Enters the queues, in one transaction that also takes out the tickets of `relieved`, and
   * resolves when admitted to all of them, or with the reason why that will not happen.
   *
   * @throws {StoreError} one that trying again does not cure
   */
  async queue(onQueued: () => void, relieved?: Bid): Promise<BidVerdict> {
    const leaving = relieved?.tickets ?? [];
    relieved?.stop();
    let reply: TransactionReply | undefined;
    try {
      reply = await this.requests.send(() =>
        enterTransaction(this.entryTerms, leaving),
      );
      while (reply !== undefined && !this.takeIn(reply)) {
        await this.requests.renewEpoch();
        reply = await this.requests.send(() =>
          enterTransaction(this.entryTerms, leaving),
        );
      }
    } finally {
      relieved?.exit.relieved(reply, this.requests.copiesAtLarge);
    }
    this.look();
    if (!this.decided) {
      onQueued();
      for (const { place } of this.slots) place.wait();
    }
    while (!this.decided)
      await new Promise<void>((resolve) => (this.wake = resolve));
    return this.verdict();
  }

  /**
   * Enters the queues only if that admits it at once. `'busy'` leaves nothing in etcd.
   *
   * @throws {StoreError} one that trying again does not cure
   */
  async tryOnce(): Promise<BidVerdict | { readonly why: 'busy' }> {
    let seen: Revision = 0n;
    for (;;) {
      const asked = seen;
      const reply = await this.requests.send(() =>
        tryTransaction(this.entryTerms, asked),
      );
      if (reply === undefined) return this.verdict();
      if (this.takeIn(reply)) {
        this.look();
        return this.verdict();
      }
      const ahead = queuesIn(reply).map(({ keys }) => keys);
      if (ahead.flat().every((key) => key.createRevision <= asked)) {
        await this.requests.renewEpoch();
        continue;
      }
      if (!ahead.every((keys) => this.admittedBehind(keys)))
        return this.ending ?? { why: 'busy' };
      seen = reply.revision;
    }
  }

  /** Takes the tickets out of etcd, for as long as that takes. See {@link departed}. */
  leave(): void {
    this.stop();
    this.exit.leave();
  }

  /**
   * Gives the keys up, but leaves the tickets standing for `ms` on a lease of their own, so that
   * nobody else is admitted sooner, whatever becomes of this process.
   */
  leaveIn(ms: number): void {
    this.stop();
    this.exit.leaveIn(ms, this.terms.value);
  }

  /** Replaces what the tickets say. Their places stay; a failure is only reported. */
  async rewrite(value: string): Promise<void> {
    const { tickets, session } = this;
    try {
      await this.runtime.commits.submit(
        annotateTransaction(tickets, value, session.lease),
      );
    } catch (error) {
      this.runtime.emit({
        type: 'background-failure',
        error: error as StoreError,
      });
    }
  }

  private takeSlot(prefix: string): Slot {
    const number = this.session.slots.take(prefix);
    const name = ticketName(prefix, this.session.lease, number);
    const place = new Place(this.runtime, prefix, name, this.terms.admission, {
      recheckMs: this.session.ttlMs / 3,
      onChange: () => this.look(),
    });
    return { prefix, name, number, place };
  }

  private get entryTerms(): EntryTerms {
    return {
      entries: this.slots,
      value: this.terms.value,
      lease: this.session.lease,
      fence: this.requests.fence,
      keysOnly: this.terms.admission.mode === 'exclusive',
    };
  }

  /** Whether the reply shows our tickets in etcd, put by this copy of the request or another. */
  private takeIn(reply: TransactionReply): boolean {
    const queues = queuesIn(reply);
    const standing = this.slots.filter(({ name }, index) =>
      queues[index]!.keys.some(({ key }) => key === name),
    );
    if (standing.length === 0) return false;
    this.entered = true;
    for (const [index, { place }] of this.slots.entries()) {
      place.entered(queues[index]!, reply.revision);
    }
    return true;
  }

  private admittedBehind(keys: RangeReply['keys']): boolean {
    const ahead = keys.map((key: StoredKey) => readTicket(key.value).admission);
    for (const one of ahead) {
      const detail = conflictBetween(this.terms.admission, one);
      if (detail !== undefined) this.end({ why: 'conflict', detail });
    }
    return Ahead.of(ahead).admits(this.terms.admission);
  }

  private look(): void {
    if (!this.entered || this.ending !== undefined) return;
    const views = this.slots.map(({ place }) => place.view);
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
    if (this.session.over) return;
    this.token = latest;
    for (const { place } of this.slots) place.hold();
    this.wake?.();
  }

  private get decided(): boolean {
    return this.ending !== undefined || this.token !== undefined;
  }

  private verdict(): BidVerdict {
    return this.ending ?? { why: 'admitted' };
  }

  private end(end: BidEnd): void {
    if (this.ending !== undefined) return;
    this.stop(end);
    if (this.token !== undefined) this.onEnded?.(end);
  }

  private stop(end: BidEnd = { why: 'abandoned' }): void {
    this.ending ??= end;
    this.membership.mute();
    void this.requests.stop();
    for (const { place } of this.slots) place.end();
    this.wake?.();
  }
}
