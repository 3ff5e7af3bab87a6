import type { ClientContext } from '../context/client-context.js';
import type { CommitRequest } from '../store/group-commit.js';
import type { Transaction, TransactionReply } from '../store/lock-store.js';
import { Deferred } from '../time/deferred.js';
import {
  type EntryCondition,
  type EntryTerms,
  entryTransaction,
} from './queue-transactions.js';

/** etcd takes 128 operations. */
const MOST_ENTRIES = 100;

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

  constructor(
    private readonly context: ClientContext,
    private readonly prefix: string,
  ) {}

  request(
    terms: EntryTerms,
    condition: EntryCondition,
  ): CommitRequest<EntryReply> {
    const pending = {
      terms,
      condition,
      answer: new Deferred<EntryReply | undefined>(),
    };
    this.waiting.push(pending);
    // Those of this turn go together.
    void Promise.resolve().then(() => this.flush());
    return {
      reply: pending.answer.promise,
      withdraw: () => {
        const index = this.waiting.indexOf(pending);
        if (index === -1) return;
        this.waiting.splice(index, 1);
        pending.answer.resolve(undefined);
      },
    };
  }

  private flush(): void {
    const [first] = this.waiting;
    if (this.underWay || first === undefined) return;
    this.underWay = true;
    const batch = this.waiting
      .filter((one) => one === first || goTogether(one, first))
      .slice(0, MOST_ENTRIES);
    for (const one of batch) this.waiting.splice(this.waiting.indexOf(one), 1);
    void this.send(batch).finally(() => {
      this.underWay = false;
      this.flush();
    });
  }

  private async send(batch: readonly Pending[]): Promise<void> {
    try {
      const reply = await this.context.commits.submit(transactionOf(batch), [
        this.prefix,
      ]);
      for (const [before, { answer }] of batch.entries())
        answer.resolve({ ...reply, before });
    } catch (error) {
      for (const { answer } of batch) answer.reject(error);
    }
  }
}

interface Pending {
  readonly terms: EntryTerms;
  readonly condition: EntryCondition;
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

function transactionOf(batch: readonly Pending[]): Transaction {
  const { terms, condition } = batch[0]!;
  const entries = batch.flatMap((one) => one.terms.entries);
  return entryTransaction({ ...terms, entries }, condition);
}
