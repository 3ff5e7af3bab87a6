import type { ClientContext } from '../context/client-context.js';
import type { Session, SessionUser } from '../session/session.js';
import { StoreError, type TransactionReply } from '../store/lock-store.js';
import { Deferred } from '../time/deferred.js';
import type { EntrySender } from './entry-sender.js';
import { moveToOwnLease } from './min-hold.js';
import { removedAll, type Stray } from './queue-transactions.js';
import {
  outcomeOfSessionEnd,
  type RemovalOutcome,
  removeTickets,
} from './remove-tickets.js';
import type { Ticket } from './ticket.js';

/** The name of a ticket, in use until the ticket is surely gone. */
export interface TicketSlot {
  readonly prefix: string;
  readonly name: string;
  readonly number: number;
}

/** The tickets of one acquisition, for as long as anything of them may be in etcd. */
export interface RemovableTickets {
  readonly session: Session;
  readonly membership: SessionUser;
  readonly entrySender: EntrySender;
  readonly slots: readonly TicketSlot[];
  /** Those that are known to have been put. */
  readonly tickets: readonly Ticket[];
  /** It is over with them: see {@link TicketRemoval.removed}. */
  gone(): void;
}

/** Takes the tickets of an acquisition out: once, and until it is certain that nothing is left. */
export class TicketRemoval {
  private begun = false;
  private outcome: RemovalOutcome | undefined;
  private awaited: Deferred<RemovalOutcome> | undefined;

  constructor(
    private readonly context: ClientContext,
    private readonly own: RemovableTickets,
  ) {}

  /** Whether {@link removed} is known. */
  get over(): boolean {
    return this.outcome !== undefined;
  }

  /** Resolves when nothing is left in etcd, or its lease is what will remove it. */
  get removed(): Promise<RemovalOutcome> {
    this.awaited ??= new Deferred();
    if (this.outcome !== undefined) this.awaited.resolve(this.outcome);
    return this.awaited.promise;
  }

  /** Takes the tickets out. */
  begin(): void {
    if (this.begun) return;
    this.begun = true;
    void this.remove({ mayBeRemoved: false });
  }

  /** Leaves the tickets standing for `ms`, on a lease of their own. */
  beginIn(ms: number, value: string): void {
    if (this.begun) return;
    this.begun = true;
    void this.removeIn(ms, value);
  }

  /** Leaves it to the transaction by which another acquisition enters, and looks after what is left. */
  async leaveTo(
    entering: Promise<TransactionReply | undefined>,
    sender: EntrySender,
  ): Promise<void> {
    if (this.begun) return;
    this.begun = true;
    const reply = await entering.catch(() => undefined);
    const mayBeRemoved = sender.copiesAtLarge;
    if (!reply?.succeeded) await this.remove({ mayBeRemoved });
    else if (removedAll(reply) || mayBeRemoved) this.settle('removed');
    else if (this.own.session.checkAlive()) this.settle('was-gone');
    else this.settle(await outcomeOfSessionEnd(this.own.session));
  }

  private async remove({
    mayBeRemoved,
  }: {
    readonly mayBeRemoved: boolean;
  }): Promise<void> {
    const { entrySender } = this.own;
    const sending = entrySender.stop();
    if (sending !== undefined) await sending;
    const { tickets } = this.own;
    // First of all, for others wait for it: closing the epoch may take longer.
    let outcome: RemovalOutcome =
      tickets.length > 0 ? await this.take(tickets) : 'removed';
    if (outcome === 'was-gone' && mayBeRemoved) outcome = 'removed';
    if (entrySender.copiesAtLarge) {
      const swept = await this.sweep();
      // Nothing was known to stand there, so whatever the sweep met is all there was.
      if (tickets.length === 0 || (outcome === 'removed' && isLeft(swept)))
        outcome = swept;
    }
    this.settle(outcome);
  }

  private async removeIn(ms: number, value: string): Promise<void> {
    const { session, entrySender } = this.own;
    await entrySender.stop();
    const { tickets } = this.own;
    const refused = entrySender.copiesAtLarge
      ? await entrySender.closeEpoch().catch(asStoreError)
      : undefined;
    const moved = await moveToOwnLease(
      this.context,
      session,
      tickets,
      value,
      ms,
    );
    if (moved === undefined) return this.remove({ mayBeRemoved: false });
    if (moved.outcome === 'was-gone') {
      await this.take(tickets);
      if (entrySender.copiesAtLarge) await this.sweep();
    }
    // Only now: without users the session ends, and with it what has not been moved.
    if (refused) this.abandonToLease(refused);
    this.end(moved.outcome);
    if (await moved.gone) this.freeSlots();
    else this.giveUpSlots();
  }

  /** Removes what late copies have put, also after our tickets were taken out. */
  private async sweep(): Promise<RemovalOutcome> {
    const { session, entrySender, slots } = this.own;
    const refused = await entrySender.closeEpoch().catch(asStoreError);
    // Without, what stands is taken out all the same: its names are not used again.
    const putBy = refused ? LAST_REVISION : session.fence.closedAt;
    const outcome = await this.take(
      slots.map(({ prefix, name }) => ({ prefix, name, putBy })),
    );
    if (refused) this.abandonToLease(refused);
    return refused ?? outcome;
  }

  private take(tickets: readonly (Stray | Ticket)[]): Promise<RemovalOutcome> {
    return removeTickets(this.context, this.own.session, tickets, (error) =>
      this.abandonToLease(error),
    );
  }

  /**
   * What cannot be removed goes with its lease, once nobody else relies on that, or is removed as a
   * stray: see {@link StrayTickets}.
   */
  private abandonToLease(error: StoreError): void {
    this.context.emit({ type: 'background-failure', error });
    this.own.membership.dismiss();
    this.own.session.retire();
  }

  private settle(outcome: RemovalOutcome): void {
    if (outcome instanceof StoreError) this.giveUpSlots();
    else this.freeSlots();
    this.end(outcome);
  }

  private end(outcome: RemovalOutcome): void {
    this.own.membership.dismiss();
    this.outcome = outcome;
    this.awaited?.resolve(outcome);
    this.own.gone();
  }

  private giveUpSlots(): void {
    for (const { prefix, number } of this.own.slots) {
      this.own.session.slots.giveUp(prefix, number);
    }
  }

  private freeSlots(): void {
    for (const { prefix, number } of this.own.slots) {
      this.own.session.slots.free(prefix, number);
    }
  }
}

const LAST_REVISION = 2n ** 63n - 2n;

function asStoreError(error: unknown): StoreError {
  if (error instanceof StoreError) return error;
  throw error;
}

function isLeft(outcome: RemovalOutcome): boolean {
  return outcome === 'left-to-lease' || outcome instanceof StoreError;
}
