import type { Backoff } from '../time/backoff.js';
import { type Clock, elapsedBetween, type Instant } from '../time/clock.js';
import type { Revision } from './lock-store.js';

export type SetbackListener = (seen: Revision, now: Revision) => void;

/**
 * No etcd makes so many changes: whose revision grows faster was restored from a backup and set forward
 * (`--bump-revision`, by a thousand million as etcd's documentation has it).
 */
const MOST_PER_SECOND = 100_000n;

/**
 * Notices a store whose data went back, which only those of a store do that was restored from a
 * backup or replaced: an answer may not be older than what was known before its question was asked,
 * nor newer than anything that can have happened since.
 *
 * That holds for linearizable answers. Where something else looks wrong that a member may have said
 * that lags behind, such as a watch or a renewal, it asks for one.
 */
export class RevisionHistory {
  private highest: Revision = 0n;
  private knownAt: Instant | undefined;
  private setbacks = 0;
  private readonly listeners = new Set<SetbackListener>();
  private asking: Promise<unknown> | undefined;
  private ended = false;

  constructor(
    private readonly clock: Clock,
    private readonly doubts: {
      /** A linearizable call, whose reply comes by {@link asked}. */
      ask(): Promise<unknown>;
      backoff(): Backoff;
    },
  ) {}

  /** Up to where the store is known to have got. */
  get reached(): Revision {
    return this.highest;
  }

  /** Calls `listener` after each setback, until the returned function is called. */
  onSetback(listener: SetbackListener): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** To be called when a linearizable call is made; the result passes its reply on. */
  asked<Reply extends { readonly revision: Revision }>(): (
    reply: Reply,
  ) => Reply {
    const { highest: seen, setbacks } = this;
    return (reply) => {
      const { revision: now } = reply;
      // What was asked before a setback tells nothing of what came after it.
      if (setbacks !== this.setbacks) return reply;
      if (now < seen) this.setBack(seen, now);
      else if (this.leaps(now)) this.setBack(this.highest, now);
      else this.know(now);
      return reply;
    };
  }

  /**
   * To be called when a member is asked that may lag, as for a watch; the result is to be told how far
   * it is.
   */
  hinted(): (revision: Revision) => void {
    const { highest: seen, setbacks } = this;
    return (revision) => {
      if (setbacks !== this.setbacks) return;
      if (revision < seen) this.doubt();
      else this.saw(revision);
    };
  }

  /** Notes a revision that the store has reached. */
  saw(revision: Revision): void {
    if (this.leaps(revision)) this.doubt();
    else this.know(revision);
  }

  private know(revision: Revision): void {
    if (revision < this.highest) return;
    this.highest = revision;
    this.knownAt = this.clock.now();
  }

  private leaps(revision: Revision): boolean {
    if (this.knownAt === undefined) return false;
    const elapsed = elapsedBetween(this.knownAt, this.clock.now());
    const seconds = BigInt(Math.ceil(elapsed / 1000) + 1);
    return revision - this.highest > MOST_PER_SECOND * seconds;
  }

  private setBack(seen: Revision, now: Revision): void {
    this.setbacks += 1;
    this.highest = now;
    this.knownAt = this.clock.now();
    for (const listener of [...this.listeners]) listener(seen, now);
  }

  /** Asks the store where it is, as soon as it answers. */
  doubt(): void {
    const ask = async () => {
      try {
        await this.doubts.ask();
        return true;
      } catch {
        return undefined;
      }
    };
    this.asking ??= this.doubts
      .backoff()
      .retryWhile(() => !this.ended, ask)
      .finally(() => (this.asking = undefined));
  }

  end(): void {
    this.ended = true;
  }
}
