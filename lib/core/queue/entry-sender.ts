import {
  type Comparison,
  StoreError,
  type Transaction,
  type TransactionReply,
} from '../store/lock-store.js';
import { newBackoff, type ClientContext } from '../context/client-context.js';
import type { Session } from '../session/session.js';

/**
 * The transactions by which one acquisition enters its queues: each is sent until its fate is known, and
 * remembered where a copy of it may still be on its way.
 */
export class EntrySender {
  /** What goes wrong on the way to the store; undefined while it answers. */
  trouble: StoreError | undefined;

  private atLarge = false;
  private epoch: bigint;
  private stopped = false;
  private underWay: Promise<TransactionReply | undefined> | undefined;
  private wake: (() => void) | undefined;

  constructor(
    private readonly context: ClientContext,
    private readonly session: Session,
    /** What no two of them may share a commit over. */
    private readonly scopes: readonly string[],
  ) {
    this.epoch = session.fence.epoch;
  }

  /** Whether a copy of a request may still be on its way. */
  get copiesAtLarge(): boolean {
    return this.atLarge;
  }

  /** What every request compares, so that late copies of it can be put out of action. */
  get fence(): Comparison {
    return this.session.fence.comparison(this.epoch);
  }

  /**
   * Sends until the fate is known; undefined when stopped before that.
   *
   * @throws {StoreError} one that trying again does not cure
   */
  send(build: () => Transaction): Promise<TransactionReply | undefined> {
    this.underWay = this.sendUntilKnown(build);
    return this.underWay;
  }

  /** After a request that failed because its epoch was closed. */
  async renewEpoch(): Promise<void> {
    if (this.session.fence.epoch === this.epoch) await this.closeEpoch();
    this.epoch = this.session.fence.epoch;
  }

  /** Resolves when no copy can take effect any more, or the session is over. */
  closeEpoch(): Promise<void> {
    return this.session.fence.closeEpoch(this.epoch);
  }

  /** Sends nothing more. Resolves when what is under way has been answered. */
  stop(): Promise<unknown> | undefined {
    this.stopped = true;
    this.wake?.();
    return this.underWay?.catch(() => {});
  }

  private async sendUntilKnown(
    build: () => Transaction,
  ): Promise<TransactionReply | undefined> {
    const backoff = newBackoff(this.context);
    while (!this.stopped) {
      try {
        const reply = await this.context.commits.submit(build(), this.scopes);
        this.trouble = undefined;
        this.underWay = undefined;
        return reply;
      } catch (error) {
        if (!(error instanceof StoreError)) throw error;
        if (error.outcome === 'unknown') this.atLarge = true;
        this.trouble = error;
        if (error.reason === 'lease-not-found') {
          this.session.leaseIsGone();
        } else if (!error.retryable) {
          throw error;
        }
      }
      if (!this.stopped) await this.pause(backoff.nextDelay());
    }
    return undefined;
  }

  private pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const cancel = this.context.clock.setTimer(ms, resolve, {
        keepAlive: true,
      });
      this.wake = () => {
        cancel();
        resolve();
      };
    });
  }
}
