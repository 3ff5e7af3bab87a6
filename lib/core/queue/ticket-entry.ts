import type { ClientContext } from '../context/client-context.js';
import type { Session } from '../session/session.js';
import type { CommitRequest } from '../store/group-commit.js';
import type { Revision, TransactionReply } from '../store/lock-store.js';
import type { AcquisitionTerms, Slot } from './acquisition-terms.js';
import type { EntryReply } from './entry-batch.js';
import { EntrySender } from './entry-sender.js';
import {
  type EntryCondition,
  type EntryTerms,
  entryTransaction,
  queuesIn,
} from './queue-transactions.js';
import { QueueOrder } from './queue-order.js';
import type { Ticket } from './ticket.js';
import type { TicketText } from './ticket-text.js';

/** Puts the tickets of one acquisition, in one transaction, and takes in what the replies show of them. */
export class TicketEntry {
  readonly sender: EntrySender;
  /** Whether the tickets are known to have been put. */
  done = false;
  /** Of a read that has shown them alone in their queues. */
  aloneAt: Revision | undefined;
  /** How far etcd had got: what it has put since is younger. */
  private readonly begunAt: Revision;

  constructor(
    private readonly context: ClientContext,
    private readonly session: Session,
    private readonly terms: AcquisitionTerms,
    private readonly slots: readonly Slot[],
    private readonly text: TicketText,
  ) {
    this.begunAt = context.history.reached;
    this.sender = new EntrySender(context, session);
  }

  /** The reply that shows our tickets; undefined when stopped before. */
  async put(leaving: readonly Ticket[]): Promise<EntryReply | undefined> {
    for (;;) {
      const reply = await this.send({ kind: 'enter' }, leaving);
      if (reply === undefined || this.takeIn(reply)) return reply;
      await this.sender.renewEpoch();
    }
  }

  send(
    condition: EntryCondition,
    leaving: readonly Ticket[] = [],
  ): Promise<EntryReply | undefined> {
    const { batch, prefixes } = this.terms;
    return this.sender.send((again): CommitRequest<EntryReply> => {
      const terms = this.entryTerms;
      // Where an earlier copy has put our ticket, it would make the entries of others fail.
      if (batch !== undefined && !again)
        return batch.request(terms, condition, leaving);
      const transaction = entryTransaction(terms, condition, leaving);
      return this.context.commits.request(transaction, prefixes);
    });
  }

  /** Whether the reply shows our tickets in etcd, put by this copy of the request or another. */
  takeIn(reply: TransactionReply): boolean {
    const queues = queuesIn(reply);
    const standing = this.slots.some(
      ({ name }, index) =>
        QueueOrder.of(queues[index]!.keys).placeOf(name) !== undefined,
    );
    if (!standing) return false;
    this.done = true;
    if (queues.every(({ keys }) => keys.length === 1))
      this.aloneAt = reply.revision;
    for (const [index, { watcher }] of this.slots.entries()) {
      watcher.entered(queues[index]!, reply.revision);
    }
    return true;
  }

  /**
   * Whether it shows tickets of our names that none of our requests put: they came back from the dead,
   * in a store that was restored, and are taken out, not taken over.
   */
  showsStray({ succeeded }: TransactionReply): boolean {
    if (succeeded) return false;
    return (
      !this.sender.copiesAtLarge ||
      this.slots.some(
        ({ watcher: { view } }) =>
          view.createRevision !== undefined &&
          view.createRevision <= this.begunAt,
      )
    );
  }

  private get entryTerms(): EntryTerms {
    const { value } = this.text;
    const { lockMode } = this.terms;
    return {
      entries: this.slots.map(({ prefix, name }) => ({ prefix, name, value })),
      lease: this.session.lease,
      fence: this.sender.fence,
      keysOnly: lockMode.mode === 'exclusive',
    };
  }
}
