import { Deferred } from '../time/deferred.js';
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

/** A transaction that was handed to {@link GroupCommit}. */
export interface CommitRequest<Reply = TransactionReply> {
  /** Undefined when it was withdrawn before it was sent. */
  readonly reply: Promise<Reply | undefined>;
  /** Takes it back if it was not sent yet; nothing of it will reach the store then. */
  withdraw(): void;
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
    const { promise } = this.add(transaction, scopes).answer;
    // Only a request is ever withdrawn.
    return promise as Promise<TransactionReply>;
  }

  /** As {@link submit}, for a caller who may leave before it is sent. */
  request(
    transaction: Transaction,
    scopes: readonly string[] = [],
  ): CommitRequest {
    const pending = this.add(transaction, scopes);
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

  private add(transaction: Transaction, scopes: readonly string[]): Pending {
    const pending = {
      transaction,
      scopes,
      answer: new Deferred<TransactionReply | undefined>(),
    };
    this.waiting.push(pending);
    this.planFlush();
    return pending;
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
      void this.commit(batch);
      this.planFlush();
    });
  }

  private get mayFlush(): boolean {
    const { commitsUnderWay, waiting } = this;
    if (commitsUnderWay === 0) return waiting.length > 0;
    return commitsUnderWay < MOST_COMMITS && waiting.length >= WORTH_A_COMMIT;
  }

  private takeBatch(): readonly Pending[] {
    const batch = new Batch(this.scopesUnderWay);
    this.waiting = this.waiting.filter((pending) => !batch.takes(pending));
    return batch.inOrder();
  }

  private async commit(batch: readonly Pending[]): Promise<void> {
    const scopes = batch.flatMap((pending) => pending.scopes);
    for (const scope of scopes) this.scopesUnderWay.add(scope);
    this.commitsUnderWay += 1;
    await (batch.length === 1
      ? this.sendOne(batch[0]!)
      : this.sendTogether(batch));
    this.commitsUnderWay -= 1;
    for (const scope of scopes) this.scopesUnderWay.delete(scope);
    this.planFlush();
  }

  private async sendOne({ transaction, answer }: Pending): Promise<void> {
    const { timeoutMs } = this;
    try {
      answer.resolve(await this.store.transact(transaction, { timeoutMs }));
    } catch (error) {
      answer.reject(error);
    }
  }

  private async sendTogether(batch: readonly Pending[]): Promise<void> {
    const { timeoutMs } = this;
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
        { timeoutMs },
      );
      for (const [index, { answer }] of batch.entries()) {
        const { succeeded, replies } = together.replies[
          index
        ] as OperationReply & { kind: 'transaction' };
        answer.resolve({ revision: together.revision, succeeded, replies });
      }
    } catch (error) {
      // etcd refuses the whole when, say, the lease of one put is gone.
      if (isFaultOfOneMember(error))
        await Promise.all(batch.map((one) => this.sendOne(one)));
      else for (const { answer } of batch) answer.reject(error);
    }
  }
}

interface Pending {
  readonly transaction: Transaction;
  readonly scopes: readonly string[];
  readonly answer: Deferred<TransactionReply | undefined>;
}

/** What goes into one commit: as much as fits, nothing twice of one scope, nothing out of its turn. */
class Batch {
  private readonly members: Pending[] = [];
  private readonly scopesTaken: Set<string>;
  private largest = 0;
  private full = false;

  constructor(scopesUnderWay: ReadonlySet<string>) {
    this.scopesTaken = new Set(scopesUnderWay);
  }

  /** To be asked about each that waits, oldest first. */
  takes(pending: Pending): boolean {
    const size = Math.max(this.largest, sizeOf(pending.transaction));
    const { length } = this.members;
    this.full ||= length > 0 && length + 1 + size > MOST_OPERATIONS;
    if (this.full) return false;
    const free = pending.scopes.every((scope) => !this.scopesTaken.has(scope));
    for (const scope of pending.scopes) this.scopesTaken.add(scope);
    if (!free) return false;
    this.members.push(pending);
    this.largest = size;
    return true;
  }

  /**
   * All of a commit has one revision, so a reply that still shows a ticket which another part of the
   * commit deletes would hide that delete for good. Whatever only deletes goes first, whatever only
   * reads goes last.
   */
  inOrder(): readonly Pending[] {
    return this.members.sort(
      (one, other) => rank(one.transaction) - rank(other.transaction),
    );
  }
}

function rank({ success }: Transaction): number {
  if (success.every(({ kind }) => kind === 'range')) return 2;
  return success.some(({ kind }) => kind === 'put') ? 1 : 0;
}

function sizeOf({ compare, success, failure }: Transaction): number {
  return Math.max(compare.length, success.length, failure.length);
}

function isFaultOfOneMember(error: unknown): boolean {
  return (
    error instanceof StoreError &&
    error.outcome === 'not-applied' &&
    !error.retryable
  );
}
