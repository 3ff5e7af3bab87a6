import type { CallOptions, LeaseId } from '../../lib/core/index.js';
import { MemoryStore } from '../../lib/memory/index.js';

/** A store that knows which leases it has opened. */
export class RecordedLeases extends MemoryStore {
  readonly granted: LeaseId[] = [];

  override async grantLease(ttlSeconds: number, call?: CallOptions) {
    const lease = await super.grantLease(ttlSeconds, call);
    this.granted.push(lease.id);
    return lease;
  }

  /** Those that have not ended. */
  async open(): Promise<LeaseId[]> {
    const left = await Promise.all(
      this.granted.map((lease) => this.timeToLive(lease)),
    );
    return this.granted.filter((_, index) => left[index] !== 'gone');
  }
}
