import type { Backoff } from '../time/backoff.js';
import type { Revision } from './lock-store.js';

export type SetbackListener = (seen: Revision, now: Revision) => void;

/**
 * Notices a store whose revision has gone back, which only a store does that was restored from a
 * backup or replaced: an answer may not be older than what was known before its question was asked.
 *
 * That holds for linearizable answers. Where something else looks too old, such as a watch, which a
 * member may serve that lags behind, it asks for one.
 */
export class RevisionHistory {
  private highest: Revision = 0n;
  private setbacks = 0;
  private readonly listeners = new Set<SetbackListener>();
  private asking: Promise<unknown> | undefined;
  private ended = false;

  constructor(
    private readonly doubts: {
      /** A linearizable call, whose reply comes by {@link asked}. */
      ask(): Promise<unknown>;
      backoff(): Backoff;
    },
  ) {}

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
      if (now < seen) {
        this.setbacks += 1;
        this.highest = now;
        for (const listener of [...this.listeners]) listener(seen, now);
      } else {
        this.saw(now);
      }
      return reply;
    };
  }

  /** To be called when a watch is made; the result is to be told from where on it is complete. */
  watched(): (since: Revision) => void {
    const seen = this.highest;
    return (since) => {
      if (since < seen) this.doubt();
    };
  }

  /** Notes a revision that the store has surely reached. */
  saw(revision: Revision): void {
    if (revision > this.highest) this.highest = revision;
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
