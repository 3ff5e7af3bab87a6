import { LockConfigurationError } from '../api/errors.js';
import { typeName } from './known-options.js';

/** @throws {LockConfigurationError} for what cannot be called: its errors would be ignored later */
export function checkedCallback<T>(what: string, callback: T): T {
  if (typeof callback === 'function') return callback;
  throw new LockConfigurationError(
    `${what} must be a function, got ${typeName(callback)}.`,
  );
}
