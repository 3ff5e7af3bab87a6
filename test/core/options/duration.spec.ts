import { describe, expect, it } from 'vitest';
import type { Duration } from '../../../lib/core/api/lock.js';
import { milliseconds } from '../../../lib/core/options/duration.js';
import { isLockError } from '../../../lib/core/api/errors.js';

describe('milliseconds', () => {
  it.each<[Duration, number]>([
    [0, 0],
    [1500, 1500],
    [Infinity, Infinity],
    ['0ms', 0],
    ['500ms', 500],
    ['15s', 15_000],
    ['1.5s', 1_500],
    ['2m', 120_000],
    ['1h', 3_600_000],
    ['7d', 604_800_000],
  ])('reads %j', (duration, ms) => {
    expect(milliseconds('ttl', duration)).toBe(ms);
  });

  it.each([
    -1,
    NaN,
    -Infinity,
    '',
    '15',
    '15 s',
    '-15s',
    '1.2.3s',
    '.s',
    '15 seconds',
    '2w',
    null,
    true,
    {},
    10n,
  ])('refuses %s and names the option', (duration) => {
    const call = () => milliseconds('maxHold', duration as Duration);
    expect(call).toThrow(/"maxHold" must be milliseconds or a duration/);
    expect(call).toThrow(
      expect.toSatisfy((error) => isLockError(error, 'LOCK_CONFIGURATION')),
    );
  });
});
