import type { ExecutionContext } from '@nestjs/common';
import {
  type AcquireOptions,
  isLockError,
  type Lock,
  LockConfigurationError,
  type LockKey,
} from '../../core/index.js';
import { CallLock } from './call-lock.js';
import { isLockService, type LockService } from '../service/lock.service.js';
import type { LockedMethodOfClass } from '../method/locked-method.js';
import { keyOfCall } from '../method/method-key.js';

/** What became of a call's wish for its lock. */
export type CallOutcome =
  | { readonly kind: 'held'; readonly lock: CallLock }
  /** The method is not to run; the call yields this value. */
  | { readonly kind: 'instead'; readonly value: unknown }
  /** The method is not to run; the call fails with this error of its own acquisition. */
  | { readonly kind: 'refused'; readonly error: unknown };

/**
 * Takes the lock of one call as its policy says. Only a refusal of this very acquisition becomes
 * `instead` or `refused`, a key that cannot be as well: what a key function or a policy function
 * throws is thrown.
 */
export async function acquireForCall(
  method: LockedMethodOfClass,
  service: LockService,
  wanted: LockKey,
  wait: { readonly signal?: AbortSignal; readonly context?: ExecutionContext },
): Promise<CallOutcome> {
  const { acquire, sticky, onBusy, onStoreError } = method.policy;
  let key = wanted;
  let error: unknown;
  try {
    key = keyOfCall(wanted, method.key, method.where);
    if (!isLockService(service)) {
      const lock = await lockOfMock(service, key, acquire);
      return { kind: 'held', lock: new CallLock(lock, method, service) };
    }
    if (sticky) {
      const lock = await takeSticky(method, service, key);
      return { kind: 'held', lock };
    }
    const { signal } = wait;
    const options = signal === undefined ? acquire : { ...acquire, signal };
    const lock = await service.acquire(key, options);
    return { kind: 'held', lock: new CallLock(lock, method, service.client) };
  } catch (refusal) {
    error = refusal;
  }
  const about = {
    key: [key].flat().join(', '),
    ...(wait.context && { context: wait.context }),
  };
  if (isLockError(error, 'LOCK_BUSY') || isLockError(error, 'LOCK_TIMEOUT')) {
    if (onBusy === 'skip') return skipped(method, service, about.key);
    if (typeof onBusy === 'function') {
      return { kind: 'instead', value: await onBusy({ ...about, error }) };
    }
  }
  // A scheduler would log as an error that its application is being closed.
  if (isLockError(error, 'LOCK_CLOSED') && onBusy === 'skip' && !wait.context) {
    return { kind: 'instead', value: undefined };
  }
  if (isLockError(error, 'LOCK_STORE')) {
    if (onStoreError === 'skip') return skipped(method, service, about.key);
    if (typeof onStoreError === 'function') {
      const value = await onStoreError({ ...about, error });
      return { kind: 'instead', value };
    }
  }
  return { kind: 'refused', error };
}

function skipped(
  { policy }: LockedMethodOfClass,
  service: LockService,
  key: string,
): CallOutcome {
  const { template } = policy.acquire;
  if (isLockService(service)) {
    service.client.report({ type: 'skipped', key, template });
  }
  return { kind: 'instead', value: undefined };
}

async function takeSticky(
  method: LockedMethodOfClass,
  { sticky, client }: LockService,
  key: LockKey,
): Promise<CallLock> {
  const { acquire } = method.policy;
  const { handle, end } = await sticky.take(key as string, acquire);
  return new CallLock(handle, method, client, end);
}

/** Of what a test has put in the place of `LockService`. */
async function lockOfMock(
  mock: Partial<LockService>,
  key: LockKey,
  options: AcquireOptions,
): Promise<Lock> {
  const lock: Partial<Lock> | null | undefined =
    typeof mock.acquire === 'function'
      ? await mock.acquire(key, options)
      : undefined;
  if (typeof lock?.release === 'function') return lock as Lock;
  throw new LockConfigurationError(
    'LockService was replaced by something whose acquire() gives no lock with a release(). Use TestLocks of nestjs-etcd-lock/testing: real locks without etcd.',
  );
}
