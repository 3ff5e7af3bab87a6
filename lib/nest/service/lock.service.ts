import type { Observable } from 'rxjs';
import type {
  AcquireOptions,
  Lock,
  LockClient,
  LockEvent,
  LockKey,
  LockState,
  TicketState,
  TryAcquireOptions,
} from '../../core/index.js';
import { lockEvents } from './lock-events.js';
import {
  type LockErrorMapper,
  lockErrorMapper,
} from '../transport/lock-error-mapper.js';
import { StickyLocks } from './sticky-locks.js';

/**
 * The locks of one `EtcdLockModule`.
 *
 * @example
 * constructor(private readonly locks: LockService) {}
 *
 * close(month: string) {
 *   return this.locks.withLock(`ledger:${month}`, (lock) =>
 *     this.ledger.close(month, { signal: lock.signal, fence: lock.fencingToken }),
 *   );
 * }
 */
export class LockService {
  /**
   * Everything that happens to the locks of this instance, from the moment of the subscription.
   * It never completes. An error that a subscriber throws is logged and goes no further.
   */
  readonly events$: Observable<LockEvent>;

  /** @internal */
  readonly sticky: StickyLocks;

  constructor(
    /** The client behind this service, for code that knows no Nest. Closed with the module. */
    readonly client: LockClient,
    /** @internal */
    readonly mapError: LockErrorMapper = lockErrorMapper(),
  ) {
    this.events$ = lockEvents(client);
    this.sticky = new StickyLocks(client);
  }

  /**
   * Waits for the lock and takes it. Between processes, waiters are served in the order in which
   * etcd saw them.
   *
   * @throws {LockTimeoutError} after `waitTimeout`; the place in the queue is gone
   * @throws {LockBusyError} with `waitTimeout: 0`, when others hold the lock
   * @throws {LockStoreError} when etcd fails; the lock is not held
   * @throws {LockClosedError} when the application shuts down
   * @throws the `reason` of `options.signal`, unchanged, when it aborts first
   *
   * @example
   * await using lock = await this.locks.acquire('report', { waitTimeout: '2s' });
   */
  acquire(key: LockKey, options?: AcquireOptions): Promise<Lock> {
    return this.client.acquire(key, options);
  }

  /**
   * Takes the lock if nobody holds it or waits for it, and resolves to `null` otherwise. Nothing
   * is written to etcd in that case.
   *
   * @throws {LockStoreError} when etcd fails; the lock is not held
   */
  tryAcquire(key: LockKey, options?: TryAcquireOptions): Promise<Lock | null> {
    return this.client.tryAcquire(key, options);
  }

  /**
   * Runs `work` while holding the lock and resolves to its result. The lock is released when
   * `work` has ended, whichever way.
   *
   * @throws what `work` throws, also when the release fails
   * @throws {LockLostError} as soon as the lock is lost, whatever `work` does
   * @throws as {@link acquire}, before `work` has started
   */
  withLock<T>(key: LockKey, work: (lock: Lock) => T | Promise<T>): Promise<T>;
  withLock<T>(
    key: LockKey,
    options: AcquireOptions,
    work: (lock: Lock) => T | Promise<T>,
  ): Promise<T>;
  withLock<T>(
    key: LockKey,
    ...rest:
      | [work: (lock: Lock) => T | Promise<T>]
      | [options: AcquireOptions, work: (lock: Lock) => T | Promise<T>]
  ): Promise<T> {
    return rest.length === 1
      ? this.client.withLock(key, rest[0])
      : this.client.withLock(key, ...rest);
  }

  /** Who holds the lock and who waits for it, in this order, of whatever process. */
  inspect(key: string): Promise<LockState> {
    return this.client.inspect(key);
  }

  /** All locks of the namespace that somebody holds or waits for. */
  list(): Promise<readonly LockState[]> {
    return this.client.list();
  }

  /**
   * Takes the lock away from all its present holders, or from those that were `seen` by `inspect`
   * and nobody who came after them. They learn it through their `signal`; resolves to their number.
   * Work that ignores the signal goes on: use it when you know that the holder is stuck or gone.
   */
  forceRelease(key: string, seen?: readonly TicketState[]): Promise<number> {
    return this.client.forceRelease(key, seen);
  }

  /** The prefix of the key's tickets in etcd, for `etcdctl get --prefix`. */
  etcdName(key: string): string {
    return this.client.etcdName(key);
  }
}
