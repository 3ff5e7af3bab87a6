import {
  type LockStore,
  type OperationReply,
  StoreError,
  type Transaction,
  type TransactionReply,
} from './lock-store.js';

/** etcd takes 128 operations: the children of a transaction and, below them, the largest child. */
const MOST_OPERATIONS = 120;

/** So many transactions do not wait for the commit under way. */
const WORTH_A_COMMIT = 64;
const MOST_COMMITS = 3;

// Not `queueMicrotask`, which the fake timers of test runners replace.
const thisTurn = Promise.resolve();

interface Pending {
  readonly transaction: Transaction;
  readonly scopes: readonly string[];
  resolve(reply: TransactionReply): void;
  reject(error: unknown): void;
}

/**
 * Lets independent transactions of one process travel in one commit.
 *
 * Nothing waits on purpose: what is ready goes out at once when nothing is under way, and what
 * becomes ready meanwhile goes together when that is back, or when it fills a commit by itself. Two
 * transactions that name the same scope never share a commit, and keep their order: two tickets of
 * one queue created at one revision would both believe to be first.
 */
export class GroupCommit {
  private waiting: Pending[] = [];
  private commitsUnderWay = 0;
  private readonly scopesUnderWay = new Set<string>();
  private flushPlanned = false;

  constructor(
    private readonly store: LockStore,
    private readonly timeoutMs: number,
  ) {}

  submit(
    transaction: Transaction,
    scopes: readonly string[] = [],
  ): Promise<TransactionReply> {
    return new Promise((resolve, reject) => {
      this.waiting.push({ transaction, scopes, resolve, reject });
      this.planFlush();
    });
  }

  private planFlush(): void {
    if (this.flushPlanned || !this.mayFlush) return;
    this.flushPlanned = true;
    void thisTurn.then(() => {
      this.flushPlanned = false;
      if (!this.mayFlush) return;
      const batch = this.takeBatch();
      // All that is ready may concern scopes of what is under way.
      if (batch.length === 0) return;
      this.commit(batch);
      this.planFlush();
    });
  }

  private get mayFlush(): boolean {
    const { commitsUnderWay, waiting } = this;
    if (commitsUnderWay === 0) return waiting.length > 0;
    return commitsUnderWay < MOST_COMMITS && waiting.length >= WORTH_A_COMMIT;
  }

  private commit(batch: readonly Pending[]): void {
    const scopes = batch.flatMap((pending) => pending.scopes);
    for (const scope of scopes) this.scopesUnderWay.add(scope);
    this.commitsUnderWay += 1;
    const answered =
      batch.length === 1 ? this.sendOne(batch[0]!) : this.sendTogether(batch);
    void answered.then(() => {
      this.commitsUnderWay -= 1;
      for (const scope of scopes) this.scopesUnderWay.delete(scope);
      this.planFlush();
    });
  }

  private takeBatch(): Pending[] {
    const batch: Pending[] = [];
    const left: Pending[] = [];
    const scopesTaken = new Set(this.scopesUnderWay);
    let largest = 0;
    for (const [index, pending] of this.waiting.entries()) {
      const size = Math.max(largest, sizeOf(pending.transaction));
      if (batch.length > 0 && batch.length + 1 + size > MOST_OPERATIONS) {
        left.push(...this.waiting.slice(index));
        break;
      }
      const free = pending.scopes.every((scope) => !scopesTaken.has(scope));
      for (const scope of pending.scopes) scopesTaken.add(scope);
      if (free) {
        batch.push(pending);
        largest = size;
      } else {
        left.push(pending);
      }
    }
    this.waiting = left;
    return batch.sort(
      (one, other) => rank(one.transaction) - rank(other.transaction),
    );
  }

  private async sendOne(pending: Pending): Promise<void> {
    try {
      pending.resolve(
        await this.store.transact(pending.transaction, {
          timeoutMs: this.timeoutMs,
        }),
      );
    } catch (error) {
      pending.reject(error);
    }
  }

  private async sendTogether(batch: readonly Pending[]): Promise<void> {
    try {
      const together = await this.store.transact(
        {
          compare: [],
          success: batch.map(({ transaction }) => ({
            kind: 'transaction',
            transaction,
          })),
          failure: [],
        },
        { timeoutMs: this.timeoutMs },
      );
      for (const [index, pending] of batch.entries()) {
        const reply = together.replies[index] as OperationReply & {
          kind: 'transaction';
        };
        pending.resolve({
          revision: together.revision,
          succeeded: reply.succeeded,
          replies: reply.replies,
        });
      }
    } catch (error) {
      if (isFaultOfOneMember(error))
        await Promise.all(batch.map((one) => this.sendOne(one)));
      else for (const pending of batch) pending.reject(error);
    }
  }
}

/**
 * All of a commit has one revision, so a reply that still shows a ticket which another part of the
 * commit deletes would hide that delete for good. Whatever only deletes goes first, whatever only
 * reads goes last.
 */
function rank({ success }: Transaction): number {
  if (success.every(({ kind }) => kind === 'range')) return 2;
  return success.some(({ kind }) => kind === 'put') ? 1 : 0;
}

function sizeOf({ compare, success, failure }: Transaction): number {
  return Math.max(compare.length, success.length, failure.length);
}

/** etcd refuses the whole transaction when, say, the lease of one put is gone. */
function isFaultOfOneMember(error: unknown): boolean {
  return (
    error instanceof StoreError &&
    error.outcome === 'not-applied' &&
    !error.retryable
  );
}
