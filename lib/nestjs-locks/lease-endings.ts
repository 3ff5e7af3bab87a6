import {
  type LeaseId,
  type LockStore,
  StoreError,
  systemClock,
} from '../core/index.js';
import { Backoff, systemRandom } from '../core/internal.js';

/** Ends leases, and with them whatever is attached to them, now or by a request still under way. */
export class LeaseEndings {
  private closed = false;

  constructor(
    private readonly store: LockStore,
    private readonly timeoutMs: number,
  ) {}

  /**
   * Resolves to whether etcd has confirmed it. If not, it is tried again in the background, until
   * etcd confirms or refuses it or this is closed: then the lease ends when its time is over.
   */
  async end(lease: LeaseId): Promise<boolean> {
    const outcome = await this.attempt(lease);
    if (outcome === 'unanswered') void this.goOn(lease);
    return outcome === 'ended';
  }

  close(): void {
    this.closed = true;
  }

  private async goOn(lease: LeaseId): Promise<void> {
    const backoff = new Backoff(systemClock, systemRandom);
    do await backoff.pause();
    while (!this.closed && (await this.attempt(lease)) === 'unanswered');
  }

  private async attempt(
    lease: LeaseId,
  ): Promise<'ended' | 'unanswered' | 'refused'> {
    try {
      await this.store.revokeLease(lease, { timeoutMs: this.timeoutMs });
      return 'ended';
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      return error.retryable ? 'unanswered' : 'refused';
    }
  }
}
