import { describe, expect, it } from 'vitest';
import { count } from '../../scripts/vitest.mjs';

describe('count', () => {
  it('reports what vitest counted', () => {
    const report = { numPassedTests: 5, numFailedTests: 0, success: true };
    expect(count(report, 0)).toEqual({ passed: 5, failed: 0 });
    expect(
      count({ numPassedTests: 5, numFailedTests: 2, success: false }, 1),
    ).toEqual({ passed: 5, failed: 2 });
  });

  it.each([
    ['no test ran', { numPassedTests: 0, success: true }, 0],
    ['vitest failed beside its tests', { numPassedTests: 5, success: true }, 1],
    ['a file did not load', { numPassedTests: 5, success: false }, 0],
    ['there is no report', {}, 0],
  ])('counts one failure when %s', (_, report, code) => {
    expect(count(report, code).failed).toBe(1);
  });
});
