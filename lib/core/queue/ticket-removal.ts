import {
  type RemovalOutcome,
  outcomeOfSessionEnd,
  removeTickets,
} from './remove-tickets.js';
import type { EntrySender } from './entry-sender.js';
import type { StoreError, TransactionReply } from '../store/lock-store.js';
import { keepTickets } from './min-hold.js';
import { removedAll, type Stray } from './queue-transactions.js';
import type { ClientContext } from '../context/client-context.js';
import type { Session, SessionUser } from '../session/session.js';
import type { Ticket } from './ticket.js';

/** The name of a ticket, in use until the ticket is surely gone. */
export interface TicketSlot {
  readonly prefix: string;
  readonly name: string;
  readonly number: number;
}

/** How an acquisition gets out of its queues: once, and until it is certain that nothing of it is left. */
export class TicketRemoval {
  /** Resolves when nothing of the acquisition is left in etcd, or its lease is what will remove it. */
  readonly removed: Promise<RemovalOutcome>;

  private resolveRemoved!: (outcome: RemovalOutcome) => void;
  private taken = false;

  constructor(
    private readonly context: ClientContext,
    private readonly session: Session,
    private readonly membership: SessionUser,
    private readonly entrySender: EntrySender,
    private readonly slots: readonly TicketSlot[],
    /** The tickets that are known to have been put. */
    private readonly tickets: () => readonly Ticket[],
  ) {
    this.removed = new Promise((resolve) => (this.resolveRemoved = resolve));
  }

  /** Takes the tickets out. `maybeOut`: another acquisition's transaction may have done so. */
  leave(maybeOut = false): void {
    if (this.taken) return;
    this.taken = true;
    void this.removeAll(maybeOut);
  }

  /** Leaves the tickets standing for `ms`, on a lease of their own. */
  leaveIn(ms: number, value: string): void {
    if (this.taken) return;
    this.taken = true;
    void this.removeIn(ms, value);
  }

  /** Another acquisition's transaction took our tickets out, or tried to. */
  relieved(reply: TransactionReply | undefined, uncertain: boolean): void {
    if (!reply?.succeeded) {
      this.leave(uncertain);
      return;
    }
    this.taken = true;
    if (removedAll(reply) || uncertain) this.settle('removed');
    else if (this.session.checkAlive()) this.settle('was-gone');
    else void outcomeOfSessionEnd(this.session).then((how) => this.settle(how));
  }

  private async removeAll(maybeOut: boolean): Promise<void> {
    await this.entrySender.stop();
    const tickets = this.tickets();
    let outcome: RemovalOutcome = 'removed';
    // First of all, for others wait for it: closing the epoch may take longer.
    if (tickets.length > 0) outcome = await this.remove(tickets);
    if (this.entrySender.copiesAtLarge) {
      const swept = await this.sweep();
      if (
        tickets.length === 0 ||
        (swept === 'left-to-lease' && outcome === 'removed')
      )
        outcome = swept;
    }
    this.settle(outcome === 'was-gone' && maybeOut ? 'removed' : outcome);
  }

  private async removeIn(ms: number, value: string): Promise<void> {
    await this.entrySender.stop();
    const { context, session } = this;
    const tickets = this.tickets();
    if (this.entrySender.copiesAtLarge) await this.entrySender.closeEpoch();
    const kept = await keepTickets(context, session, tickets, value, ms);
    if (kept.outcome === 'was-gone') {
      await this.remove(tickets);
      if (this.entrySender.copiesAtLarge) await this.sweep();
    }
    this.membership.dismiss();
    this.resolveRemoved(kept.outcome);
    if (await kept.gone) this.freeSlots();
  }

  /** Removes what late copies have put, also after our tickets were taken out. */
  private async sweep(): Promise<RemovalOutcome> {
    await this.entrySender.closeEpoch();
    const putBy = this.session.fence.closedAt;
    return this.remove(
      this.slots.map(({ prefix, name }) => ({ prefix, name, putBy })),
    );
  }

  private remove(
    tickets: readonly (Stray | Ticket)[],
  ): Promise<RemovalOutcome> {
    return removeTickets(this.context, this.session, tickets, (error) =>
      this.abandonToLease(error),
    );
  }

  /** What cannot be removed goes with its lease, once nobody else relies on that. */
  private abandonToLease(error: StoreError): void {
    this.context.emit({ type: 'background-failure', error });
    this.membership.dismiss();
    this.session.retire();
  }

  private settle(outcome: RemovalOutcome): void {
    this.freeSlots();
    this.membership.dismiss();
    this.resolveRemoved(outcome);
  }

  private freeSlots(): void {
    for (const { prefix, number } of this.slots) {
      this.session.slots.free(prefix, number);
    }
  }
}
