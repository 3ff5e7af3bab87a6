import { LockConfigurationError } from '../api/errors.js';
import type { LockKey } from '../api/lock.js';
import { ignoringErrors, isThenable } from './ignoring-errors.js';
import { typeName } from './known-options.js';

const LONGEST_ENCODED_KEY = 1024;

/**
 * More keys than this do not fit one etcd transaction beside their ranges (128 operations).
 */
const MOST_KEYS = 50;

/** The part of a ticket's name that stands for the user's key. It holds no `/`. */
export function encodeKey(key: string): string {
  try {
    return encodeURIComponent(key);
  } catch (cause) {
    throw new LockConfigurationError(
      'A lock key must be well-formed Unicode; this one holds half of a surrogate pair.',
      '',
      { cause },
    );
  }
}

/** The inverse of {@link encodeKey}; names that other clients made up are returned as they are. */
export function decodeKey(encoded: string): string {
  try {
    return decodeURIComponent(encoded);
  } catch {
    return encoded;
  }
}

/** The keys of one acquisition. */
export interface TakenKeys {
  /** As the user named them, each once, in the order of their first appearance. Frozen. */
  readonly keys: readonly string[];
  /** As they stand in etcd, in the same order. */
  readonly encoded: readonly string[];
}

/**
 * Reads each key once, and keeps nothing that its owner can change. A key named twice is one key:
 * a transfer to oneself is ordinary.
 *
 * @throws {LockConfigurationError} for a key that is empty, not a string, or longer than 1 KiB
 * when encoded, and for no keys or more than 50
 */
export function takenKeys(key: LockKey): TakenKeys {
  if (!Array.isArray(key)) {
    const encoded = encodedKey(key);
    return { keys: Object.freeze([key as string]), encoded: [encoded] };
  }
  // Not by its iterator: an array may have been given one that never ends.
  const { length } = key as readonly unknown[];
  const encoded = new Map<string, string>();
  for (let index = 0; index < length; index += 1) {
    const one: unknown = key[index];
    encoded.set(one as string, encodedKey(one));
    if (encoded.size > MOST_KEYS) {
      throw new LockConfigurationError(
        `At most ${MOST_KEYS} lock keys can be taken together, got ${length}.`,
      );
    }
  }
  if (encoded.size === 0) {
    throw new LockConfigurationError(
      'An array of lock keys must not be empty.',
    );
  }
  return {
    keys: Object.freeze([...encoded.keys()]),
    encoded: [...encoded.values()],
  };
}

/** @throws {LockConfigurationError} as {@link takenKeys} */
export function checkedKeys(key: LockKey): readonly string[] {
  return takenKeys(key).keys;
}

/** @throws {LockConfigurationError} as {@link takenKeys} */
export function checkedKey(key: unknown): string {
  encodedKey(key);
  return key as string;
}

/**
 * The checked key, encoded.
 *
 * @throws {LockConfigurationError} as {@link takenKeys}
 */
export function encodedKey(key: unknown): string {
  if (typeof key !== 'string') {
    if (isThenable(key)) {
      // Nobody else will look at it, and its rejection would end the process.
      ignoringErrors(() => key);
      throw new LockConfigurationError(
        'A lock key must be a string, got a promise of one: await it first.',
      );
    }
    throw new LockConfigurationError(
      `A lock key must be a string, got ${typeName(key)}.`,
    );
  }
  if (key === '') {
    throw new LockConfigurationError('A lock key must not be empty.');
  }
  const encoded = encodeKey(key);
  if (encoded.length > LONGEST_ENCODED_KEY) {
    throw new LockConfigurationError(
      `A lock key must not be longer than ${LONGEST_ENCODED_KEY} bytes when percent-encoded, got ${encoded.length}: "${key.slice(0, 40)}…".`,
    );
  }
  return encoded;
}
