import { type ClientContext, newBackoff } from '../context/client-context.js';
import {
  type RangeReply,
  type Revision,
  type StoredKey,
  StoreError,
} from '../store/lock-store.js';
import { readQueue } from './queue-transactions.js';

/** The queue that a {@link QueueReader} reads, as its reader knows it. */
export interface KnownQueue {
  /** Up to where it is known. */
  readonly revision: Revision;
  /** Whether an answer of a member that may lag is worth a try. */
  readonly staleWillDo: boolean;
  /** How much of it is worth reading then; undefined for all of it. */
  readonly staleLimit: number | undefined;
  /** Whether these keys hold the reader's own ticket. */
  shows(keys: readonly StoredKey[]): boolean;
  take(revision: Revision, keys: readonly StoredKey[]): void;
  /** The store refuses to show it, and will do so again. */
  refused(error: StoreError): void;
}

/** Reads one queue, again and again, until it is known as of the revision that is wanted. */
export class QueueReader {
  private wanted: Revision = 0n;
  /** How many reads anew were asked for, and up to which of them the store has answered. */
  private anewWanted = 0;
  private anewRead = 0;
  private reading = false;
  private ended = false;

  constructor(
    private readonly context: ClientContext,
    private readonly prefix: string,
    private readonly keysOnly: boolean,
    private readonly queue: KnownQueue,
  ) {}

  /**
   * Notes that the queue must be known as of `revision`, but reads only at {@link catchUp}. A watch
   * that has outlived a restore tells of revisions that may never come again: then whatever the
   * store says now will do.
   */
  want(revision: Revision): void {
    if (revision > this.context.history.reached) this.wantAnew();
    else if (revision > this.wanted) this.wanted = revision;
  }

  /** Reads, unless what is wanted is known. */
  catchUp(): void {
    if (this.behind && !this.reading) void this.read();
  }

  /** What was wanted may be out of reach. */
  forget(): void {
    this.wanted = 0n;
  }

  /**
   * Notes that the store has to be asked what it has to say now, whatever is known, but reads only
   * at {@link catchUp}. No read that was sent before will do.
   */
  wantAnew(): void {
    this.anewWanted += 1;
  }

  end(): void {
    this.ended = true;
  }

  /** Whether something may have happened that has not been read yet. */
  get behind(): boolean {
    return !this.ended && (this.anew || this.queue.revision < this.wanted);
  }

  private get anew(): boolean {
    return this.anewRead < this.anewWanted;
  }

  private async read(): Promise<void> {
    this.reading = true;
    const backoff = newBackoff(this.context);
    let stale = this.queue.staleWillDo && !this.anew;
    while (this.behind) {
      const answered = await (stale ? this.readStale() : this.readNow());
      if (!answered) await backoff.pause();
      stale = false;
    }
    this.reading = false;
  }

  /**
   * A stale read is good enough when it is no older than what we want to know and shows our own
   * ticket: nobody can get in ahead of it later, so "nobody ahead" stays true.
   */
  private readStale(): Promise<boolean> {
    const whole = readQueue(this.prefix, this.keysOnly);
    const limit = this.queue.staleLimit;
    const operation = limit === undefined ? whole : { ...whole, limit };
    const timeoutMs = this.context.requestTimeoutMs;
    return this.attempt(async () => {
      const { revision, keys } = await this.context.store.read(operation, {
        timeoutMs,
        stale: true,
      });
      if (this.ended || this.anew) return;
      if (revision >= this.wanted && this.queue.shows(keys))
        this.queue.take(revision, keys);
    });
  }

  /** A linearizable read. Resolves to whether it succeeded. */
  readNow(): Promise<boolean> {
    const { anewWanted } = this;
    return this.attempt(async () => {
      const reply = await this.context.commits.submit({
        compare: [],
        success: [readQueue(this.prefix, this.keysOnly)],
        failure: [],
      });
      if (this.ended) return;
      // One that was sent before the store went back does not count, nor does the one that showed it:
      // some versions of etcd, after a pause, answer once with the past.
      if (anewWanted !== this.anewWanted) return;
      this.anewRead = anewWanted;
      this.queue.take(reply.revision, (reply.replies[0] as RangeReply).keys);
    });
  }

  private async attempt(read: () => Promise<void>): Promise<boolean> {
    try {
      await read();
      return true;
    } catch (error) {
      if (!this.ended && error instanceof StoreError && error.refusal)
        this.queue.refused(error);
      return false;
    }
  }
}
