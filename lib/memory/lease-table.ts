import { type Clock, type LeaseId, StoreError } from '../core/index.js';
import { compareKeys } from './key-order.js';

interface Lease {
  readonly ttlMs: number;
  /** On the monotonic clock, as in etcd. */
  expiresAt: number;
  readonly keys: Set<string>;
  stopTimer: () => void;
}

// As large as etcd's, so that an id that went through a `number` is not found again.
const FIRST_LEASE: LeaseId = 0x694d_9ac3_0000_0001n;

/** The leases that are alive and the keys that are attached to them. */
export class LeaseTable {
  private readonly leases = new Map<LeaseId, Lease>();
  private nextId = FIRST_LEASE;

  constructor(
    private readonly clock: Clock,
    private readonly expire: (id: LeaseId) => void,
  ) {}

  grant(ttlMs: number): LeaseId {
    const id = this.nextId++;
    this.start(id, ttlMs);
    return id;
  }

  private start(id: LeaseId, ttlMs: number): void {
    const lease: Lease = {
      ttlMs,
      expiresAt: this.clock.now().mono + ttlMs,
      keys: new Set(),
      stopTimer: () => {},
    };
    this.leases.set(id, lease);
    this.watchOver(id, lease);
  }

  /** The leases that are alive, with their TTL. */
  all(): ReadonlyMap<LeaseId, number> {
    return new Map([...this.leases].map(([id, { ttlMs }]) => [id, ttlMs]));
  }

  /** Leaves these alive and no others, each for its full TTL from now on, with no keys. */
  replaceBy(all: ReadonlyMap<LeaseId, number>): void {
    for (const { stopTimer } of this.leases.values()) stopTimer();
    this.leases.clear();
    for (const [id, ttlMs] of all) this.start(id, ttlMs);
  }

  /** Restarts the lease's time. Returns its TTL, or `undefined` when it is gone. */
  renew(id: LeaseId): number | undefined {
    const lease = this.leases.get(id);
    if (lease === undefined) return undefined;
    const now = this.clock.now().mono;
    if (lease.expiresAt <= now) {
      // The timer is late; what has expired is never brought back.
      this.expire(id);
      return undefined;
    }
    lease.expiresAt = now + lease.ttlMs;
    return lease.ttlMs;
  }

  /** Milliseconds until it expires, or `undefined` when it is gone. */
  remaining(id: LeaseId): number | undefined {
    const lease = this.leases.get(id);
    return lease && Math.max(0, lease.expiresAt - this.clock.now().mono);
  }

  /** The keys that die with it, in key order. */
  keysOf(id: LeaseId): string[] {
    return [...(this.leases.get(id)?.keys ?? [])].sort(compareKeys);
  }

  /** Forgets a lease. Returns its keys. */
  end(id: LeaseId): string[] {
    const keys = this.keysOf(id);
    this.leases.get(id)?.stopTimer();
    this.leases.delete(id);
    return keys;
  }

  /** @throws {StoreError} `lease-not-found`, not applied */
  require(id: LeaseId): void {
    if (!this.leases.has(id)) {
      throw new StoreError(
        'lease-not-found',
        'not-applied',
        `there is no lease ${id.toString(16)}`,
      );
    }
  }

  attach(id: LeaseId, key: string): void {
    this.leases.get(id)?.keys.add(key);
  }

  detach(id: LeaseId, key: string): void {
    this.leases.get(id)?.keys.delete(key);
  }

  private watchOver(id: LeaseId, lease: Lease): void {
    const left = lease.expiresAt - this.clock.now().mono;
    if (left <= 0) this.expire(id);
    else {
      lease.stopTimer = this.clock.setTimer(left, () =>
        this.watchOver(id, lease),
      );
    }
  }
}
