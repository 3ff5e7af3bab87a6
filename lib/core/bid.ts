import { admits, type Admission, conflictBetween } from './admission.js';
import { type Departure, departedWith, removeTickets } from './departure.js';
import type {
  RangeReply,
  Revision,
  StoredKey,
  Transaction,
  TransactionReply,
} from './lock-store.js';
import { StoreError } from './lock-store.js';
import { keepTickets } from './min-hold.js';
import { Place } from './place.js';
import {
  annotateTransaction,
  departuresIn,
  enterTransaction,
  type EntryTerms,
  queuesIn,
  type Stray,
  tryTransaction,
} from './queue-transactions.js';
import { newBackoff, type Runtime } from './runtime.js';
import type { Session, SessionUser } from './session.js';
import { readTicket, type Ticket, ticketName } from './ticket.js';

/** Why a bid will not be admitted, or is no longer. */
export type BidEnd =
  | { readonly why: 'session-over' | 'ticket-gone' | 'abandoned' }
  | { readonly why: 'conflict'; readonly detail: string };

export type BidVerdict = { readonly why: 'admitted' } | BidEnd;

export interface BidTerms {
  readonly prefixes: readonly string[];
  readonly admission: Admission;
  readonly value: string;
}

interface Slot {
  readonly prefix: string;
  readonly name: string;
  readonly number: number;
  readonly place: Place;
}

/**
 * One attempt to own one or more keys: its tickets, from before they are put until it is certain
 * that they are gone. All tickets are put at one revision, so bids for several keys are totally
 * ordered and cannot wait for each other in a circle.
 */
export class Bid {
  /** Resolves when nothing of this bid is left in etcd, or its lease is what will remove it. */
  readonly departed: Promise<Departure>;

  /** What goes wrong on the way to the store; undefined while it answers. */
  trouble: StoreError | undefined;

  private readonly slots: readonly Slot[];
  private readonly membership: SessionUser;
  private resolveDeparted!: (departure: Departure) => void;
  private epoch: bigint;
  private requests: Promise<unknown> = Promise.resolve();
  private entered = false;
  /** A copy of an entering transaction may still be on its way. */
  private copiesAtLarge = false;
  private token: Revision | undefined;
  private ending: BidEnd | undefined;
  private onEnded: ((end: BidEnd) => void) | undefined;
  private leaving = false;
  /** Another bid may have taken our tickets out. */
  private mayBeRelieved = false;
  private wake = () => {};

  constructor(
    private readonly runtime: Runtime,
    readonly session: Session,
    private readonly terms: BidTerms,
  ) {
    this.departed = new Promise((resolve) => (this.resolveDeparted = resolve));
    this.epoch = session.fence.epoch;
    this.slots = terms.prefixes.map((prefix) => this.takeSlot(prefix));
    this.membership = session.enlist(() => this.end({ why: 'session-over' }));
    if (session.over) this.end({ why: 'session-over' });
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
    return this.ending === undefined && !this.copiesAtLarge;
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
      reply = await this.request(() =>
        enterTransaction(this.entryTerms, leaving),
      );
      while (reply !== undefined && !this.takeIn(reply)) {
        await this.renewEpoch();
        reply = await this.request(() =>
          enterTransaction(this.entryTerms, leaving),
        );
      }
    } finally {
      relieved?.relievedBy(reply, this.copiesAtLarge);
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
      const reply = await this.request(() =>
        tryTransaction(this.entryTerms, asked),
      );
      if (reply === undefined) return this.verdict();
      if (this.takeIn(reply)) {
        this.look();
        return this.verdict();
      }
      const ahead = queuesIn(reply).map(({ keys }) => keys);
      if (ahead.flat().every((key) => key.createRevision <= asked)) {
        await this.renewEpoch();
        continue;
      }
      if (!ahead.every((keys) => this.admittedBehind(keys)))
        return this.ending ?? { why: 'busy' };
      seen = reply.revision;
    }
  }

  /** Takes the tickets out of etcd, for as long as that takes. See {@link departed}. */
  leave(): void {
    if (this.leaving) return;
    this.leaving = true;
    this.stop();
    void this.depart();
  }

  /**
   * Gives the keys up, but leaves the tickets standing for `ms` on a lease of their own, so that
   * nobody else is admitted sooner, whatever becomes of this process.
   */
  leaveIn(ms: number): void {
    if (this.leaving) return;
    this.leaving = true;
    this.stop();
    void this.departIn(ms);
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
      fence: this.session.fence.comparison(this.epoch),
      keysOnly: this.terms.admission.mode === 'exclusive',
    };
  }

  /** Sends until the fate is known; undefined when the bid ended before that. */
  private request(
    build: () => Transaction,
  ): Promise<TransactionReply | undefined> {
    const request = this.sendUntilKnown(build);
    this.requests = request.catch(() => {});
    return request;
  }

  private async sendUntilKnown(
    build: () => Transaction,
  ): Promise<TransactionReply | undefined> {
    const backoff = newBackoff(this.runtime);
    while (this.ending === undefined) {
      try {
        const reply = await this.runtime.commits.submit(
          build(),
          this.terms.prefixes,
        );
        this.trouble = undefined;
        return reply;
      } catch (error) {
        if (!(error instanceof StoreError)) throw error;
        if (error.outcome === 'unknown') this.copiesAtLarge = true;
        this.trouble = error;
        if (error.reason === 'lease-not-found') {
          this.session.leaseIsGone();
        } else if (!error.retryable) {
          throw error;
        }
      }
      if (this.ending === undefined) await this.pause(backoff.nextDelay());
    }
    return undefined;
  }

  private pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const cancel = this.runtime.clock.setTimer(ms, resolve, {
        keepAlive: true,
      });
      this.wake = () => {
        cancel();
        resolve();
      };
    });
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

  /** The request failed though its tickets are absent: the epoch it was made in is closed. */
  private async renewEpoch(): Promise<void> {
    if (this.session.fence.epoch === this.epoch) {
      await this.session.fence.closeEpoch(this.epoch);
    }
    this.epoch = this.session.fence.epoch;
  }

  private admittedBehind(keys: RangeReply['keys']): boolean {
    const ahead = keys.map((key: StoredKey) => readTicket(key.value).admission);
    for (const one of ahead) {
      const detail = conflictBetween(this.terms.admission, one);
      if (detail !== undefined) this.end({ why: 'conflict', detail });
    }
    return admits(this.terms.admission, ahead);
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
    this.wake();
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
    for (const { place } of this.slots) place.end();
    this.wake();
  }

  /** Another bid's transaction took our tickets out, or tried to. */
  private relievedBy(
    reply: TransactionReply | undefined,
    uncertain: boolean,
  ): void {
    const were = reply?.succeeded ? departuresIn(reply) : undefined;
    if (were === undefined) {
      this.mayBeRelieved = uncertain;
      this.leave();
      return;
    }
    this.leaving = true;
    if (were || uncertain) this.settle('left');
    else if (!this.session.over) this.settle('was-gone');
    else void departedWith(this.session).then((how) => this.settle(how));
  }

  private async depart(): Promise<void> {
    await this.requests;
    if (this.copiesAtLarge) await this.session.fence.closeEpoch(this.epoch);
    let departure: Departure = 'left';
    if (this.entered) departure = await this.remove(this.tickets);
    if (this.copiesAtLarge) {
      const swept = await this.remove(this.strays);
      if (!this.entered) departure = swept;
    }
    const wasOurs = departure === 'was-gone' && this.mayBeRelieved;
    this.settle(wasOurs ? 'left' : departure);
  }

  private async departIn(ms: number): Promise<void> {
    await this.requests;
    if (this.copiesAtLarge) await this.session.fence.closeEpoch(this.epoch);
    const { runtime, session, tickets } = this;
    const kept = await keepTickets(
      runtime,
      session,
      tickets,
      this.terms.value,
      ms,
    );
    if (kept.departure === 'was-gone') {
      await this.remove(tickets);
      if (this.copiesAtLarge) await this.remove(this.strays);
    }
    this.membership.dismiss();
    this.resolveDeparted(kept.departure);
    if (await kept.gone) this.freeSlots();
  }

  /** What late copies may have put, also after our tickets were taken out. */
  private get strays(): readonly Stray[] {
    const putBy = this.session.fence.closedAt;
    return this.slots.map(({ prefix, name }) => ({ prefix, name, putBy }));
  }

  private remove(tickets: readonly (Stray | Ticket)[]): Promise<Departure> {
    return removeTickets(this.runtime, this.session, tickets, (error) =>
      this.abandonToLease(error),
    );
  }

  /** What cannot be removed goes with its lease, once nobody else relies on that. */
  private abandonToLease(error: StoreError): void {
    this.runtime.emit({ type: 'background-failure', error });
    this.membership.dismiss();
    this.session.retire();
  }

  private settle(departure: Departure): void {
    this.freeSlots();
    this.membership.dismiss();
    this.resolveDeparted(departure);
  }

  private freeSlots(): void {
    for (const { prefix, number } of this.slots)
      this.session.slots.free(prefix, number);
  }
}
