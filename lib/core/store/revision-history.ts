import type { Revision } from './lock-store.js';

/**
 * Notices a store whose revision has gone back, which only a store does that was restored from a
 * backup or replaced: an answer may not be older than what was known before its question was asked.
 */
export class RevisionHistory {
  private highest: Revision = 0n;

  constructor(
    private readonly onSetback: (seen: Revision, now: Revision) => void,
  ) {}

  /** To be called when a linearizable call is made; the result passes its reply on. */
  asked<Reply extends { readonly revision: Revision }>(): (
    reply: Reply,
  ) => Reply {
    const seen = this.highest;
    return (reply) => {
      const { revision: now } = reply;
      if (now < seen) {
        this.highest = now;
        this.onSetback(seen, now);
      } else if (now > this.highest) {
        this.highest = now;
      }
      return reply;
    };
  }
}
