import { conflictBetween, TicketsAhead } from './admission.js';
import type { LockMode } from '../api/lock.js';
import { TicketRemoval, type TicketSlot } from './ticket-removal.js';
import { type Instant, latestOf } from '../time/clock.js';
import type { RemovalOutcome } from './remove-tickets.js';
import { EntrySender } from './entry-sender.js';
import type {
  RangeReply,
  Revision,
  StoredKey,
  StoreError,
  TransactionReply,
} from '../store/lock-store.js';
import { QueueWatcher } from './queue-watcher.js';
import {
  annotateTransaction,
  enterTransaction,
  type EntryTerms,
  queuesIn,
  tryTransaction,
} from './queue-transactions.js';
import type { ClientContext } from '../context/client-context.js';
import type { Session, SessionUser } from '../session/session.js';
import { readTicket, type Ticket, ticketName } from './ticket.js';

interface Slot extends TicketSlot {
  readonly watcher: QueueWatcher;
}

/** Why an acquisition will not be admitted, or is no longer. */
export type AcquisitionEnd =
  | { readonly why: 'session-over' | 'ticket-gone' | 'abandoned' }
  | { readonly why: 'conflict'; readonly detail: string };

export type AcquisitionOutcome = { readonly why: 'admitted' } | AcquisitionEnd;

export interface AcquisitionTerms {
  readonly prefixes: readonly string[];
  readonly lockMode: LockMode;
  readonly value: string;
}

/**
 * One attempt to own one or more keys: its tickets, from before they are put until it is certain
 * that they are gone. All tickets are put at one revision, so acquisitions for several keys are totally
 * ordered and cannot wait for each other in a circle.
 */
export class Acquisition {
  private readonly slots: readonly Slot[];
  private readonly membership: SessionUser;
  private readonly entrySender: EntrySender;
  private readonly removal: TicketRemoval;
  private entered = false;
  private token: Revision | undefined;
  private ending: AcquisitionEnd | undefined;
  private onEnded: ((end: AcquisitionEnd) => void) | undefined;
  private wake: (() => void) | undefined;

  constructor(
    private readonly context: ClientContext,
    readonly session: Session,
    private readonly terms: AcquisitionTerms,
  ) {
    this.entrySender = new EntrySender(context, session, terms.prefixes);
    this.slots = terms.prefixes.map((prefix) => this.takeSlot(prefix));
    this.membership = session.enlist(() => this.end({ why: 'session-over' }));
    this.removal = new TicketRemoval(
      context,
      session,
      this.membership,
      this.entrySender,
      this.slots,
      () => this.tickets,
    );
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

  /** Calls `listener` once if the acquisition has ended since it was admitted, or when it does. */
  whenEnded(listener: (end: AcquisitionEnd) => void): void {
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

  /** Whether another acquisition may take this one's tickets out in its own transaction. */
  get canBeRelieved(): boolean {
    return this.ending === undefined && !this.entrySender.copiesAtLarge;
  }

  /**
   * Enters the queues, in one transaction that also takes out the tickets of `relieved`, and
   * resolves when admitted to all of them, or with the reason why that will not happen.
   *
   * @throws {StoreError} one that trying again does not cure
   */
  async queue(
    onQueued: () => void,
    relieved?: Acquisition,
  ): Promise<AcquisitionOutcome> {
    const leaving = relieved?.tickets ?? [];
    relieved?.stop();
    let reply: TransactionReply | undefined;
    try {
      reply = await this.entrySender.send(() =>
        enterTransaction(this.entryTerms, leaving),
      );
      while (reply !== undefined && !this.takeIn(reply)) {
        await this.entrySender.renewEpoch();
        reply = await this.entrySender.send(() =>
          enterTransaction(this.entryTerms, leaving),
        );
      }
    } finally {
      relieved?.removal.relieved(reply, this.entrySender.copiesAtLarge);
    }
    this.look();
    if (!this.decided) {
      onQueued();
      for (const { watcher } of this.slots) watcher.wait();
    }
    while (!this.decided)
      await new Promise<void>((resolve) => (this.wake = resolve));
    return this.outcome();
  }

  /**
   * Enters the queues only if that admits it at once. `'busy'` leaves nothing in etcd.
   *
   * @throws {StoreError} one that trying again does not cure
   */
  async tryOnce(): Promise<AcquisitionOutcome | { readonly why: 'busy' }> {
    let seen: Revision = 0n;
    for (;;) {
      const asked = seen;
      const reply = await this.entrySender.send(() =>
        tryTransaction(this.entryTerms, asked),
      );
      if (reply === undefined) return this.outcome();
      if (this.takeIn(reply)) {
        this.look();
        return this.outcome();
      }
      const ahead = queuesIn(reply).map(({ keys }) => keys);
      if (ahead.flat().every((key) => key.createRevision <= asked)) {
        await this.entrySender.renewEpoch();
        continue;
      }
      if (!ahead.every((keys) => this.admittedBehind(keys)))
        return this.ending ?? { why: 'busy' };
      seen = reply.revision;
    }
  }

  /** Takes the tickets out of etcd, for as long as that takes. See {@link removed}. */
  remove(): void {
    this.stop();
    this.removal.leave();
  }

  /**
   * Gives the keys up, but leaves the tickets standing for `ms` on a lease of their own, so that
   * nobody else is admitted sooner, whatever becomes of this process.
   */
  removeIn(ms: number): void {
    this.stop();
    this.removal.leaveIn(ms, this.terms.value);
  }

  /** Replaces what the tickets say. Their places stay; a failure is only reported. */
  async rewrite(value: string): Promise<void> {
    const { tickets, session } = this;
    try {
      await this.context.commits.submit(
        annotateTransaction(tickets, value, session.lease),
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
        onChange: () => this.look(),
      },
    );
    return { prefix, name, number, watcher: watcher };
  }

  private get entryTerms(): EntryTerms {
    return {
      entries: this.slots,
      value: this.terms.value,
      lease: this.session.lease,
      fence: this.entrySender.fence,
      keysOnly: this.terms.lockMode.mode === 'exclusive',
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
    for (const [index, { watcher }] of this.slots.entries()) {
      watcher.entered(queues[index]!, reply.revision);
    }
    return true;
  }

  private admittedBehind(keys: RangeReply['keys']): boolean {
    const ahead = keys.map((key: StoredKey) => readTicket(key.value).lockMode);
    for (const one of ahead) {
      const detail = conflictBetween(this.terms.lockMode, one);
      if (detail !== undefined) this.end({ why: 'conflict', detail });
    }
    return TicketsAhead.of(ahead).admits(this.terms.lockMode);
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
    for (const { watcher } of this.slots) watcher.hold();
    this.wake?.();
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
    if (this.token !== undefined) this.onEnded?.(end);
  }

  private stop(end: AcquisitionEnd = { why: 'abandoned' }): void {
    this.ending ??= end;
    this.membership.mute();
    void this.entrySender.stop();
    for (const { watcher } of this.slots) watcher.end();
    this.wake?.();
  }
}
