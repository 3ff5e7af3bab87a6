import type { ExecutionContext } from '@nestjs/common';
import {
  isLockError,
  LockConfigurationError,
  type LockKey,
} from '../../core/index.js';
import { checkedKeys } from '../../core/internal.js';

const CONTEXT_KEY = Symbol.for('nestjs-etcd-lock/context-key');

/** A key made from the execution context of a handler. Made by {@link fromContext}. */
export interface ContextKey {
  readonly [CONTEXT_KEY]: (context: ExecutionContext) => LockKey;
}

/**
 * The key of a locked handler from its execution context: user, tenant, headers, arguments of
 * any transport. The lock is then taken before pipes run. Calls of the method that do not come
 * from Nest have no such context and reject with `LockConfigurationError`.
 *
 * @example
 * @DistributedLock(fromContext((ctx) => `cart:${ctx.switchToHttp().getRequest().user.id}`))
 */
export function fromContext(
  key: (context: ExecutionContext) => LockKey,
): ContextKey {
  return { [CONTEXT_KEY]: key };
}

/** What `@DistributedLock` takes as a key. */
export type LockedMethodKey =
  // `any`: parameters are checked against those of the method, not here.
  LockKey | ((...args: any[]) => LockKey) | ContextKey;

/** Where the key of a call comes from, and so when it is known. */
export type KeySource =
  | { readonly from: 'fixed'; readonly key: LockKey }
  | {
      readonly from: 'arguments';
      readonly keyOf: (...args: unknown[]) => LockKey;
    }
  | {
      readonly from: 'context';
      readonly keyOf: (context: ExecutionContext) => LockKey;
    };

export function isKey(value: unknown): value is LockedMethodKey {
  return (
    typeof value !== 'object' ||
    value === null ||
    Array.isArray(value) ||
    CONTEXT_KEY in value
  );
}

export function keySourceOf(key: LockedMethodKey, where: string): KeySource {
  if (typeof key === 'function') return { from: 'arguments', keyOf: key };
  if (typeof key === 'object' && key !== null && CONTEXT_KEY in key) {
    return { from: 'context', keyOf: key[CONTEXT_KEY] };
  }
  return { from: 'fixed', key: checkedKey(key, where) };
}

/** What a key looks like before its parts are known. Never holds a value of a call. */
export function keyTemplate(source: KeySource): string {
  if (source.from === 'fixed') return [source.key].flat().join(', ');
  const text = String(source.keyOf).replace(/\s+/g, ' ');
  const short = text.length > 80 ? `${text.slice(0, 79)}…` : text;
  return source.from === 'context' ? `fromContext(${short})` : short;
}

/**
 * The key as it is now: an array may belong to the method's caller, who goes on to change it.
 *
 * @throws {LockConfigurationError} naming `where` when core would refuse the key
 */
export function checkedKey(key: LockKey, where: string): LockKey {
  try {
    const keys = checkedKeys(key);
    return typeof key === 'string' ? key : keys;
  } catch (cause) {
    if (!isLockError(cause, 'LOCK_CONFIGURATION')) throw cause;
    throw new LockConfigurationError(
      `@DistributedLock on ${where}: ${cause.message}`,
      cause.key,
      { cause },
    );
  }
}
