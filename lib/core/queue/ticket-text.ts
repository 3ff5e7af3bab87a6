import type { ClientContext } from '../context/client-context.js';
import type { LeaseId, StoreError, Transaction } from '../store/lock-store.js';
import {
  annotateTransaction,
  answerTransaction,
} from './queue-transactions.js';
import { marked, type Ticket } from './ticket.js';

/** What the tickets of one acquisition say, whoever of this process they are for just now. */
export class TicketText {
  private asks = false;

  constructor(
    private readonly context: ClientContext,
    private text: string,
    private keeps: boolean,
  ) {}

  /** As it stands in etcd, or will once it is put. */
  get value(): string {
    const kept = this.keeps ? marked(this.text, 'keep') : this.text;
    return this.asks ? marked(kept, 'ask') : kept;
  }

  /** Without what it says of keeping. */
  get plain(): string {
    return this.text;
  }

  /** From now on it says that it stands behind a ticket that may be kept, and why. */
  ask(): void {
    this.asks = true;
  }

  /** Replaces it. The tickets keep their places; a failure is only reported. */
  rewrite(
    tickets: readonly Ticket[],
    lease: LeaseId,
    text: string,
  ): Promise<void> {
    this.text = text;
    this.asks = false;
    return this.send(annotateTransaction(tickets, this.value, lease));
  }

  /** Tells those who ask that the lock is in use. Where that fails, their patience ends. */
  answer(
    ticket: Ticket,
    lease: LeaseId,
    asking: readonly Ticket[],
  ): Promise<void> {
    this.keeps = false;
    this.asks = false;
    return this.send(answerTransaction(ticket, this.value, lease, asking));
  }

  private async send(transaction: Transaction): Promise<void> {
    try {
      await this.context.commits.submit(transaction);
    } catch (error) {
      this.context.emit({
        type: 'background-failure',
        error: error as StoreError,
      });
    }
  }
}
