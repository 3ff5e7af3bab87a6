import { type ClientContext, newBackoff } from '../context/client-context.js';
import type { Session } from '../session/session.js';
import type { CommitRequest } from '../store/group-commit.js';
import { type Comparison, StoreError } from '../store/lock-store.js';
import type { Backoff } from '../time/backoff.js';
import { Wakeup } from '../time/wakeup.js';

/**
 * Sends the transactions by which one acquisition enters its queues: each until its fate is known,
 * and remembered where a copy of it may still be on its way.
 */
export class EntrySender {
  /** What goes wrong on the way to the store; undefined while it answers. */
  trouble: StoreError | undefined;

  private atLarge = false;
  private epoch: bigint;
  private stopped = false;
  private request: Pick<CommitRequest, 'withdraw'> | undefined;
  private underWay: Promise<unknown> | undefined;
  private readonly wakeup = new Wakeup();

  constructor(
    private readonly context: ClientContext,
    private readonly session: Session,
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
   * Sends until the fate is known; undefined when stopped before that. `again` says that a copy of
   * the request may have taken effect.
   *
   * @throws {StoreError} one that trying again does not cure
   */
  send<Reply>(
    request: (again: boolean) => CommitRequest<Reply>,
  ): Promise<Reply | undefined> {
    const sending = this.sendUntilKnown(request);
    this.underWay = sending;
    return sending;
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

  /**
   * Sends nothing more, and takes back what has not been sent yet. Resolves when what is under way
   * has been answered.
   */
  stop(): Promise<unknown> | undefined {
    this.stopped = true;
    this.request?.withdraw();
    this.wakeup.wake();
    return this.underWay?.catch(() => {});
  }

  private async sendUntilKnown<Reply>(
    request: (again: boolean) => CommitRequest<Reply>,
  ): Promise<Reply | undefined> {
    let backoff: Backoff | undefined;
    while (!this.stopped) {
      try {
        const sent = request(this.atLarge);
        this.request = sent;
        const reply = await sent.reply;
        this.trouble = undefined;
        this.underWay = undefined;
        return reply;
      } catch (error) {
        this.takeIn(error);
      } finally {
        this.request = undefined;
      }
      backoff ??= newBackoff(this.context);
      if (!this.stopped) await backoff.pause(this.wakeup);
    }
    this.underWay = undefined;
    return undefined;
  }

  private takeIn(error: unknown): void {
    if (!(error instanceof StoreError)) throw error;
    if (error.outcome === 'unknown') this.atLarge = true;
    this.trouble = error;
    if (error.reason === 'lease-not-found') this.session.leaseIsGone();
    else if (!error.retryable) throw error;
  }
}
