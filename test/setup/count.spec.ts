import { describe, expect, it } from 'vitest';
import { count, failuresIn } from '../../scripts/vitest.mjs';
import { root } from '../../scripts/repository.mjs';

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

describe('failuresIn', () => {
  it('names each failed test with the first line of why, and files that did not load', () => {
    const testResults = [
      {
        name: `${root}/test/a.spec.ts`,
        message: '',
        status: 'failed',
        assertionResults: [
          { status: 'passed', fullName: 'works' },
          {
            status: 'failed',
            fullName: 'breaks',
            failureMessages: ['Error: no\n    at b.ts:1'],
          },
        ],
      },
      {
        name: `${root}/test/b.spec.ts`,
        message: 'cannot be loaded\nmore',
        status: 'failed',
        assertionResults: [],
      },
    ];
    expect(failuresIn({ testResults })).toEqual([
      'test/a.spec.ts: breaks: Error: no',
      'test/b.spec.ts: cannot be loaded',
    ]);
  });
});
