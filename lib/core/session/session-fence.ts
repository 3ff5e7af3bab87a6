import type {
  Comparison,
  LeaseId,
  Revision,
  StoreError,
  Transaction,
} from '../store/lock-store.js';
import { newBackoff, type ClientContext } from '../context/client-context.js';

interface FencedSession {
  checkAlive(): boolean;
  leaseIsGone(): void;
}

/**
 * Puts late copies of a request out of action.
 *
 * A transaction that enters a queue may be delayed somewhere on its way and applied after its
 * ticket was deleted again: it would leave a ticket that nobody knows of. So every such
 * transaction compares the version of one key of the session with the epoch it was made in.
 * Moving on to the next epoch makes every copy made before fail, wherever it is. Without faults
 * the key does not even exist: its version is 0, and so is the epoch.
 */
export class SessionFence {
  readonly key: string;
  private current = 0n;
  private lastClosedAt: Revision = 0n;
  private advancing: Promise<void> | undefined;

  constructor(
    private readonly context: ClientContext,
    private readonly lease: LeaseId,
    private readonly session: FencedSession,
  ) {
    // '@' cannot stand in an encoded key, so this is the queue of no lock.
    this.key = `${context.namespace}@fence/${lease.toString(16)}`;
  }

  get epoch(): bigint {
    return this.current;
  }

  /** Requests of epochs that are closed put nothing after this revision. */
  get closedAt(): Revision {
    return this.lastClosedAt;
  }

  comparison(epoch: bigint): Comparison {
    return { range: { key: this.key }, target: 'version', is: '=', to: epoch };
  }

  /**
   * Resolves when no request made in `epoch` can take effect any more, or the session is over.
   *
   * @throws {StoreError} where the store will not have it: only the end of the lease helps then
   */
  async closeEpoch(epoch: bigint): Promise<void> {
    while (this.current <= epoch && this.session.checkAlive()) {
      this.advancing ??= this.advance().finally(
        () => (this.advancing = undefined),
      );
      await this.advancing;
    }
  }

  private async advance(): Promise<void> {
    const backoff = newBackoff(this.context);
    while (this.session.checkAlive()) {
      try {
        this.current = await this.putNext();
        return;
      } catch (error) {
        const { reason, retryable } = error as StoreError;
        if (reason === 'lease-not-found') this.session.leaseIsGone();
        else if (!retryable) throw error;
        await backoff.pause();
      }
    }
  }

  private async putNext(): Promise<Revision> {
    const from = this.current;
    const transaction: Transaction = {
      compare: [this.comparison(from)],
      success: [{ kind: 'put', key: this.key, value: '', lease: this.lease }],
      failure: [{ kind: 'range', range: { key: this.key } }],
    };
    const reply = await this.context.commits.submit(transaction, [this.key]);
    this.lastClosedAt = reply.revision;
    if (reply.succeeded) return from + 1n;
    const [found] = reply.replies;
    return found?.kind === 'range' ? (found.keys[0]?.version ?? 0n) : from;
  }
}
