import type { Duration } from '../api/lock.js';
import ms from 'ms';
import { LockConfigurationError } from '../api/errors.js';
import { shown } from './known-options.js';

/**
 * Milliseconds of a duration.
 *
 * @throws {LockConfigurationError} naming `option` when it is neither a number of milliseconds
 * that is zero or more nor a string this library knows
 */
export function milliseconds(option: string, duration: Duration): number {
  const parsed =
    typeof duration === 'string' && /^[\d.]+(ms|s|m|h|d)$/.test(duration)
      ? ms(duration)
      : duration;
  if (typeof parsed !== 'number' || Number.isNaN(parsed) || parsed < 0) {
    throw new LockConfigurationError(
      `Option "${option}" must be milliseconds or a duration such as '15s', got ${shown(duration)}.`,
    );
  }
  return parsed;
}
