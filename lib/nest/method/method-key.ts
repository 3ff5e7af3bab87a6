import type { ExecutionContext } from '@nestjs/common';
import {
  isLockError,
  LockConfigurationError,
  type LockKey,
} from '../../core/index.js';
import { checkedKeys } from '../../core/internal.js';
import { OF_REQUEST } from '../transport/lock-error-mapper.js';

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
  // `never`: parameters are checked against those of the method, not here; and one without a type
  // of its own does not become `any`.
  LockKey | ((...args: never[]) => LockKey) | ContextKey;

/** Where the key of a call comes from, and so when it is known. */
export type KeySource =
  | { readonly from: 'fixed'; readonly key: LockKey }
  | {
      readonly from: 'arguments';
      readonly keyOf: (...args: unknown[]) => LockKey;
      readonly readsCall: boolean;
    }
  | {
      readonly from: 'context';
      readonly keyOf: (context: ExecutionContext) => LockKey;
      readonly readsCall: boolean;
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
  if (typeof key === 'function') {
    const keyOf = key as (...args: unknown[]) => LockKey;
    return { from: 'arguments', keyOf, readsCall: hasParameters(keyOf) };
  }
  if (typeof key === 'object' && key !== null && CONTEXT_KEY in key) {
    const keyOf = key[CONTEXT_KEY];
    return { from: 'context', keyOf, readsCall: hasParameters(keyOf) };
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

/** @throws {LockConfigurationError} naming `where` when core would refuse the key */
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

/**
 * The key that a function made for one call.
 *
 * @throws {LockConfigurationError} as {@link checkedKey}; one that {@link isKeyOfRequest} tells,
 * where the function has read what the caller sent
 */
export function keyOfCall(
  made: LockKey,
  source: KeySource,
  where: string,
): LockKey {
  if (source.from === 'fixed') return made;
  if (isThenable(made)) {
    // It may reject, and nobody else listens.
    made.then(undefined, () => {});
    throw new LockConfigurationError(
      `@DistributedLock on ${where}: a key function must return its key at once, not a promise of it.`,
    );
  }
  try {
    return checkedKey(made, where);
  } catch (error) {
    if (source.readsCall && isLockError(error, 'LOCK_CONFIGURATION')) {
      Object.defineProperty(error, OF_REQUEST, { value: true });
    }
    throw error;
  }
}

/** Also where they are optional or collected, and do not count. */
function hasParameters(made: Function): boolean {
  return (
    made.length > 0 ||
    !/^(async\s*)?(function\b[^(]*|\w+\s*)?\(\s*\)/.test(String(made))
  );
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return (
    typeof value === 'object' &&
    value !== null &&
    'then' in value &&
    typeof value.then === 'function'
  );
}
