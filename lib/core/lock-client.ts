import type { Clock } from './clock.js';
import type { Duration } from './duration.js';
import type {
  AcquireOptions,
  Lock,
  LockKey,
  TryAcquireOptions,
} from './lock.js';
import type { LockListener } from './lock-events.js';
import type { LockStore } from './lock-store.js';
import type { LockState } from './lock-state.js';

export interface LockClientOptions {
  readonly store: LockStore;
  /** @default 'locks/' */
  readonly namespace?: string;
  /** @default 15 s */
  readonly ttl?: Duration;
  /** @default 10 s */
  readonly waitTimeout?: Duration;
  readonly clock?: Clock;
  readonly random?: () => number;
  /** Shown by `inspect`. @default host name and process id */
  readonly instance?: string;
}

export declare class LockClient {
  constructor(options: LockClientOptions);
  acquire(key: LockKey, options?: AcquireOptions): Promise<Lock>;
  tryAcquire(key: LockKey, options?: TryAcquireOptions): Promise<Lock | null>;
  withLock<T>(key: LockKey, work: (lock: Lock) => T | Promise<T>): Promise<T>;
  withLock<T>(
    key: LockKey,
    options: AcquireOptions,
    work: (lock: Lock) => T | Promise<T>,
  ): Promise<T>;
  inspect(key: string): Promise<LockState>;
  list(): Promise<readonly LockState[]>;
  /** Deletes the tickets of all holders of the key, but nobody's who came later. */
  forceRelease(key: string): Promise<number>;
  /** The prefix of the key's tickets in etcd, for `etcdctl`. */
  etcdName(key: string): string;
  subscribe(listener: LockListener): () => void;
  /** Round trip to the store that needs a quorum. */
  ping(): Promise<void>;
  /** Refuses new work and rejects waiters with `LockClosedError`. Holders go on. */
  drain(): void;
  /** Waits up to `grace` for the holders, then takes the locks from the rest and releases them. */
  releaseAll(grace?: Duration): Promise<void>;
  /** drain, releaseAll, revoke the leases. The store is the caller's to close. Idempotent. */
  close(): Promise<void>;
}
