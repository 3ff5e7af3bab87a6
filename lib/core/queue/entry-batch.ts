import type { ClientContext } from '../context/client-context.js';
import type { LockMode } from '../api/lock.js';
import type { CommitRequest } from '../store/group-commit.js';
import type {
  OperationReply,
  Revision,
  Transaction,
  TransactionReply,
} from '../store/lock-store.js';
import { Deferred } from '../time/deferred.js';
import { takeOut } from './few.js';
import { QueueOrder } from './queue-order.js';
import {
  type EntryCondition,
  type EntryTerms,
  entryTransaction,
  queuesIn,
} from './queue-transactions.js';
import type { Ticket } from './ticket.js';

/** etcd takes 128. */
const MOST_OPERATIONS = 100;

/** What an entry is answered that may have travelled with others. */
export interface EntryReply extends TransactionReply {
  /** How many entries of its batch stand before it, on the same terms. */
  readonly before?: number;
}

/**
 * Lets many entries of one process into one queue with one read of it: their tickets are put side by
 * side, in one transaction, so that n of them do not cost n reads of up to n tickets.
 *
 * Only for tickets that can be held together: created at one revision, they are ordered by name.
 */
export class EntryBatch {
  private readonly waiting: Pending[] = [];
  private underWay = false;
  /** What the last reply has shown: how many more would be admitted behind what stood there. */
  private shown: { readonly revision: Revision; readonly room: number } = {
    revision: 0n,
    room: 0,
  };

  constructor(
    private readonly context: ClientContext,
    private readonly prefix: string,
    private readonly lockMode: LockMode,
  ) {}

  /** `leaving` are tickets of ours to give up in the same breath. */
  request(
    terms: EntryTerms,
    condition: EntryCondition,
    leaving: readonly Ticket[],
  ): CommitRequest<EntryReply> {
    const pending = {
      terms,
      condition,
      leaving,
      answer: new Deferred<EntryReply | undefined>(),
    };
    this.waiting.push(pending);
    // Those of this turn go together.
    void Promise.resolve().then(() => this.flush());
    return {
      reply: pending.answer.promise,
      withdraw: () => {
        if (takeOut(this.waiting, pending)) pending.answer.resolve(undefined);
      },
    };
  }

  private flush(): void {
    const [first] = this.waiting;
    if (this.underWay || first === undefined) return;
    this.underWay = true;
    const condition = this.knowing(first.condition);
    const most = condition === first.condition ? Infinity : this.shown.room;
    let operations = 0;
    const batch = this.waiting
      .filter((one) => one === first || goTogether(one, first))
      .filter(
        ({ leaving }) => (operations += 1 + leaving.length) <= MOST_OPERATIONS,
      )
      .slice(0, most);
    for (const one of batch) takeOut(this.waiting, one);
    void this.send(batch, condition).finally(() => {
      this.underWay = false;
      this.flush();
    });
  }

  /**
   * A try that was asked for before others of its kind entered would fail for them, and all behind it:
   * it is put on the condition that nobody has come since they were seen, if it fits behind them.
   */
  private knowing(condition: EntryCondition): EntryCondition {
    const { revision: seen, room } = this.shown;
    return condition.kind === 'try' && condition.seen < seen && room > 0
      ? { ...condition, seen }
      : condition;
  }

  private noteRoom(reply: TransactionReply): void {
    const [queue] = queuesIn(reply);
    const room = QueueOrder.of(queue!.keys).roomFor(this.lockMode);
    this.shown = { revision: reply.revision, room };
  }

  private async send(
    batch: readonly Pending[],
    condition: EntryCondition,
  ): Promise<void> {
    try {
      const transaction = transactionOf(batch, condition);
      const reply = await this.context.commits.submit(transaction, [
        this.prefix,
      ]);
      this.noteRoom(reply);
      const left = removalsIn(reply, batch);
      const queues = queuesIn(reply);
      for (const [before, { answer }] of batch.entries()) {
        const replies = [...left[before]!, ...queues];
        answer.resolve({ ...reply, replies, before });
      }
    } catch (error) {
      for (const { answer } of batch) answer.reject(error);
    }
  }
}

interface Pending {
  readonly terms: EntryTerms;
  readonly condition: EntryCondition;
  readonly leaving: readonly Ticket[];
  readonly answer: Deferred<EntryReply | undefined>;
}

function goTogether(one: Pending, other: Pending): boolean {
  const seen = ({ condition }: Pending) =>
    condition.kind === 'try' ? condition.seen : undefined;
  return (
    one.terms.lease === other.terms.lease &&
    one.terms.fence.to === other.terms.fence.to &&
    seen(one) === seen(other)
  );
}

function transactionOf(
  batch: readonly Pending[],
  condition: EntryCondition,
): Transaction {
  const { terms } = batch[0]!;
  const entries = batch.flatMap((one) => one.terms.entries);
  const leaving = batch.flatMap((one) => one.leaving);
  return entryTransaction({ ...terms, entries }, condition, leaving);
}

/** What became of the tickets that each of the batch gives up: they come first. */
function removalsIn(
  { succeeded, replies }: TransactionReply,
  batch: readonly Pending[],
): readonly (readonly OperationReply[])[] {
  let next = 0;
  return batch.map(({ leaving: { length } }) =>
    succeeded ? replies.slice(next, (next += length)) : [],
  );
}
