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

const GENUINE = Symbol.for('nestjs-etcd-lock/lock-service');

/**
 * The locks of one `EtcdLockModule`. What it shares with {@link LockClient} is documented there.
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
export class LockService implements Pick<LockClient, ForwardedMethod> {
  static {
    Object.defineProperty(this.prototype, GENUINE, { value: true });
  }

  /**
   * Everything that happens to the locks of this instance, from the moment of the subscription.
   * It never completes. What a subscriber throws, or rejects with, is logged and goes no further.
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

  /** @inheritDoc */
  acquire(key: LockKey, options?: AcquireOptions): Promise<Lock> {
    return this.client.acquire(key, options);
  }

  /** @inheritDoc */
  tryAcquire(key: LockKey, options?: TryAcquireOptions): Promise<Lock | null> {
    return this.client.tryAcquire(key, options);
  }

  /** @inheritDoc */
  withLock<T>(key: LockKey, work: (lock: Lock) => T | Promise<T>): Promise<T>;
  withLock<T>(
    key: LockKey,
    options: AcquireOptions | undefined,
    work: (lock: Lock) => T | Promise<T>,
  ): Promise<T>;
  withLock<T>(
    key: LockKey,
    ...rest:
      | [work: (lock: Lock) => T | Promise<T>]
      | [
          options: AcquireOptions | undefined,
          work: (lock: Lock) => T | Promise<T>,
        ]
  ): Promise<T> {
    return rest.length === 1
      ? this.client.withLock(key, rest[0])
      : this.client.withLock(key, ...rest);
  }

  /** @inheritDoc */
  isLocked(key: string): Promise<boolean> {
    return this.client.isLocked(key);
  }

  /** @inheritDoc */
  inspect(key: string): Promise<LockState> {
    return this.client.inspect(key);
  }

  /** @inheritDoc */
  list(): Promise<readonly LockState[]> {
    return this.client.list();
  }

  /** @inheritDoc */
  forceRelease(key: string, seen?: readonly TicketState[]): Promise<number> {
    return this.client.forceRelease(key, seen);
  }

  /** @inheritDoc */
  etcdName(key: string): string {
    return this.client.etcdName(key);
  }

  /**
   * For `await using`, in a script that starts an application for its locks: closes the client
   * behind this service, so what is held is released. The application is closed by `close()`, as
   * ever, which does this as well.
   */
  [Symbol.asyncDispose](): Promise<void> {
    return this.client.close();
  }
}

/**
 * Whether a module has made it, of whichever copy of the library. A test may have put something else
 * in its place, which has what of its methods the test needs.
 */
export function isLockService(service: object): service is LockService {
  return GENUINE in service;
}

type ForwardedMethod =
  | 'acquire'
  | 'tryAcquire'
  | 'withLock'
  | 'isLocked'
  | 'inspect'
  | 'list'
  | 'forceRelease'
  | 'etcdName';
