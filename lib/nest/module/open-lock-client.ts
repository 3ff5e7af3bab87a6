import {
  type AcquireOptions,
  type Lock,
  LockClient,
  type LockKey,
  type TryAcquireOptions,
} from '../../core/index.js';

/**
 * Locks that admit everybody: each is shared, whatever was asked for. On a store inside the process
 * they have nobody to ask.
 */
export class OpenLockClient extends LockClient {
  override acquire(key: LockKey, options?: AcquireOptions): Promise<Lock> {
    return super.acquire(key, open(options));
  }

  override tryAcquire(
    key: LockKey,
    options?: TryAcquireOptions,
  ): Promise<Lock | null> {
    return super.tryAcquire(key, open(options));
  }

  override withLock<T>(
    key: LockKey,
    work: (lock: Lock) => T | Promise<T>,
  ): Promise<T>;
  override withLock<T>(
    key: LockKey,
    options: AcquireOptions | undefined,
    work: (lock: Lock) => T | Promise<T>,
  ): Promise<T>;
  override withLock<T>(
    key: LockKey,
    ...rest:
      | [work: (lock: Lock) => T | Promise<T>]
      | [
          options: AcquireOptions | undefined,
          work: (lock: Lock) => T | Promise<T>,
        ]
  ): Promise<T> {
    const [options, work] = rest.length === 1 ? [undefined, rest[0]] : rest;
    return super.withLock(key, open(options), work);
  }
}

function open(options: AcquireOptions | undefined): AcquireOptions {
  return { ...options, mode: 'shared', permits: undefined, keep: 0 };
}
