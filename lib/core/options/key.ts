import { LockConfigurationError } from '../api/errors.js';
import type { LockKey } from '../api/lock.js';
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

/**
 * The keys of one acquisition, checked, each of them once.
 *
 * @throws {LockConfigurationError} for a key that is empty, not a string, or longer than 1 KiB
 * when encoded, and for no keys or more than 50
 */
export function checkedKeys(key: LockKey): readonly string[] {
  const keys: readonly unknown[] = Array.isArray(key) ? key : [key];
  if (keys.length === 0) {
    throw new LockConfigurationError(
      'An array of lock keys must not be empty.',
    );
  }
  if (keys.length > MOST_KEYS) {
    throw new LockConfigurationError(
      `At most ${MOST_KEYS} lock keys can be taken together, got ${keys.length}.`,
    );
  }
  // A transfer to oneself is ordinary: a key named twice is one key.
  return Object.freeze([...new Set(keys.map(checkedKey))]);
}

/** @throws {LockConfigurationError} as {@link checkedKeys} */
export function checkedKey(key: unknown): string {
  if (typeof key !== 'string') {
    throw new LockConfigurationError(
      `A lock key must be a string, got ${typeName(key)}.`,
    );
  }
  if (key === '') {
    throw new LockConfigurationError('A lock key must not be empty.');
  }
  const length = encodeKey(key).length;
  if (length > LONGEST_ENCODED_KEY) {
    throw new LockConfigurationError(
      `A lock key must not be longer than ${LONGEST_ENCODED_KEY} bytes when percent-encoded, got ${length}: "${key.slice(0, 40)}…".`,
    );
  }
  return key;
}
