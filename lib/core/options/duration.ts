import type { Duration } from '../api/lock.js';
import ms from 'ms';
import { LockConfigurationError } from '../api/errors.js';

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
      `Option "${option}" must be milliseconds or a duration such as '15s', got ${describe(duration)}.`,
    );
  }
  return parsed;
}

/**
 * As {@link milliseconds}, for what comes out of a configuration, where every value is a string:
 * digits alone are milliseconds, and blanks around it do not count.
 *
 * @throws {LockConfigurationError} as {@link milliseconds}
 */
export function configuredDuration(
  option: string,
  duration: number | string,
): Duration {
  const text = typeof duration === 'string' ? duration.trim() : undefined;
  const plain = text !== undefined && /^\d+$/.test(text);
  const given = plain ? Number(text) : ((text ?? duration) as Duration);
  milliseconds(option, given);
  return given;
}

function describe(value: unknown): string {
  return typeof value === 'string' ? `'${value}'` : String(value);
}
