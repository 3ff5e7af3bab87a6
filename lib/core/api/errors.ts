import { StoreError } from '../store/lock-store.js';
import { jsonFields } from './json.js';

const BRAND = Symbol.for('nestjs-etcd-lock/error');

/** The `code` of every error of this library: what it is recognised by. */
export type LockErrorCode =
  | 'LOCK_TIMEOUT'
  | 'LOCK_BUSY'
  | 'LOCK_LOST'
  | 'LOCK_NOT_HELD'
  | 'LOCK_CONFIGURATION'
  | 'LOCK_CONFLICT'
  | 'LOCK_CLOSED'
  | 'LOCK_STORE'
  | 'LOCK_STALE_TOKEN';

/**
 * Base of every error this library throws on purpose. Recognise them with {@link isLockError},
 * not with `instanceof`: a process can hold the ESM and the CommonJS build at once.
 */
export abstract class LockError extends Error {
  abstract readonly code: LockErrorCode;

  constructor(
    message: string,
    /** What the user named; several keys are joined with `, `. Empty where no key is involved. */
    readonly key: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
    Object.defineProperty(this, BRAND, { value: true });
  }

  /** For `JSON.stringify`: name, message and the fields, tokens as strings. No stack, no cause. */
  toJSON(): Record<string, unknown> {
    const { name, message } = this;
    return { name, message, ...jsonFields(this) };
  }
}

/**
 * Thrown when a lock was still held by others after `waitTimeout`. The place in the queue is
 * confirmed to be gone: nothing is left behind.
 */
export class LockTimeoutError extends LockError {
  static {
    this.prototype.name = 'LockTimeoutError';
  }
  readonly code = 'LOCK_TIMEOUT';

  constructor(
    key: string,
    readonly waitedMs: number,
  ) {
    super(`Gave up waiting for lock "${key}" after ${waitedMs} ms.`, key);
  }
}

/** Thrown when a lock is held by somebody else and the caller asked not to wait. */
export class LockBusyError extends LockError {
  static {
    this.prototype.name = 'LockBusyError';
  }
  readonly code = 'LOCK_BUSY';

  constructor(key: string) {
    super(`Lock "${key}" is held by somebody else.`, key);
  }
}

/**
 * - `session`: the lease could not be renewed in time or is gone in etcd
 * - `taken`: the ticket was deleted in etcd: by `forceRelease`, by hand, or with its lease. Also where
 *   etcd will not show any more whether it stands, as when the rights of the user were taken away
 * - `max-hold`: the holder exceeded its own `maxHold`
 * - `shutdown`: the client was closed while the lock was held
 */
export type LostReason = 'session' | 'taken' | 'max-hold' | 'shutdown';

/**
 * Thrown, and the reason of an aborted {@link Lock.signal}, when this process can no longer be
 * sure that it holds the lock. Somebody else may hold it from now on.
 */
export class LockLostError extends LockError {
  static {
    this.prototype.name = 'LockLostError';
  }
  readonly code = 'LOCK_LOST';

  constructor(
    key: string,
    readonly reason: LostReason,
    detail: string,
    options?: ErrorOptions,
  ) {
    super(`Lock "${key}" was lost: ${detail}.`, key, options);
  }
}

/** Thrown by `assertHeld` after the lock was released, or where no lock is held. */
export class LockNotHeldError extends LockError {
  static {
    this.prototype.name = 'LockNotHeldError';
  }
  readonly code = 'LOCK_NOT_HELD';

  constructor(key: string, detail = 'it was released') {
    super(`Lock "${key}" is not held: ${detail}.`, key);
  }
}

/** Thrown for a bad key, option or decorator, before anything is sent to etcd. */
export class LockConfigurationError extends LockError {
  static {
    this.prototype.name = 'LockConfigurationError';
  }
  readonly code = 'LOCK_CONFIGURATION';

  constructor(message: string, key = '', options?: ErrorOptions) {
    super(message, key, options);
  }
}

/**
 * Thrown when two uses of one key contradict each other: different `permits`, or a request that
 * the running code could only wait for itself to end.
 */
export class LockConflictError extends LockError {
  static {
    this.prototype.name = 'LockConflictError';
  }
  readonly code = 'LOCK_CONFLICT';

  constructor(key: string, detail: string) {
    super(`Conflicting use of lock "${key}": ${detail}.`, key);
  }
}

/**
 * Thrown to callers and waiters once the client is shutting down. They hold nothing. A ticket whose
 * removal etcd does not confirm in time dies with its lease.
 */
export class LockClosedError extends LockError {
  static {
    this.prototype.name = 'LockClosedError';
  }
  readonly code = 'LOCK_CLOSED';

  constructor(key = '') {
    super(
      key === ''
        ? 'The lock client is closed.'
        : `Lock "${key}" was not taken: the lock client is closed.`,
      key,
    );
  }
}

/**
 * Thrown when etcd cannot be reached or refuses. The lock is not held.
 *
 * With `outcome: 'not-applied'` nothing of ours is in etcd. With `'unknown'` a ticket may be
 * there still; it is being removed in the background and at the latest dies with its lease.
 */
export class LockStoreError extends LockError {
  static {
    this.prototype.name = 'LockStoreError';
  }
  readonly code = 'LOCK_STORE';

  /** @internal */
  static from(key: string, error: StoreError): LockStoreError {
    return new LockStoreError(key, error.outcome, error.message, {
      cause: error,
    });
  }

  constructor(
    key: string,
    readonly outcome: 'not-applied' | 'unknown',
    detail: string,
    options?: ErrorOptions,
  ) {
    super(
      key === ''
        ? `etcd failed: ${detail}`
        : `Lock "${key}": etcd failed: ${detail}`,
      key,
      options,
    );
  }
}

/**
 * Thrown by a fence when somebody with a greater fencing token has claimed the resource: this
 * process's lock has passed to another. Nothing was changed.
 */
export class StaleTokenError extends LockError {
  static {
    this.prototype.name = 'StaleTokenError';
  }
  readonly code = 'LOCK_STALE_TOKEN';

  constructor(
    readonly resource: string,
    readonly token: bigint,
  ) {
    super(
      `The fencing token ${token} is stale: "${resource}" was claimed by a later holder.`,
      resource,
    );
  }
}

interface ErrorByCode {
  LOCK_TIMEOUT: LockTimeoutError;
  LOCK_BUSY: LockBusyError;
  LOCK_LOST: LockLostError;
  LOCK_NOT_HELD: LockNotHeldError;
  LOCK_CONFIGURATION: LockConfigurationError;
  LOCK_CONFLICT: LockConflictError;
  LOCK_CLOSED: LockClosedError;
  LOCK_STORE: LockStoreError;
  LOCK_STALE_TOKEN: StaleTokenError;
}

/**
 * Tells whether `error` comes from this library, from whichever copy of it, and with `code`
 * whether it is that error.
 *
 * @example
 * if (isLockError(error, 'LOCK_TIMEOUT')) retryAfter(error.waitedMs);
 */
export function isLockError(error: unknown): error is LockError;
export function isLockError<Code extends LockErrorCode>(
  error: unknown,
  code: Code,
): error is ErrorByCode[Code];
export function isLockError(error: unknown, code?: LockErrorCode): boolean {
  return (
    typeof error === 'object' &&
    error !== null &&
    BRAND in error &&
    (code === undefined || (error as unknown as LockError).code === code)
  );
}

/**
 * Has an error of ours that was made elsewhere, by a timer or a reply, show who waited for it. To be
 * called where the caller's promise is rejected: from there V8 finds those who await it, and nothing
 * has to be noted while all goes well. Errors of others are left as they are.
 */
export function showCaller(error: unknown): void {
  if (error instanceof LockError) Error.captureStackTrace(error, showCaller);
}

/** Asks the store for a caller who named `key`, and rejects as the public interface does. */
export async function translateStoreErrors<T>(
  key: string,
  ask: () => Promise<T>,
): Promise<T> {
  try {
    return await ask();
  } catch (error) {
    if (!(error instanceof StoreError)) throw error;
    throw LockStoreError.from(key, error);
  }
}
