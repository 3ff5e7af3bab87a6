import { describe, expect, it } from 'vitest';
import { outcomeOf } from '../../scripts/mutants/copy.mjs';
import { damaged, damagesTo } from '../../scripts/mutants/damage.mjs';
import { nearestTests, suitesFor } from '../../scripts/mutants/suites.mjs';

const texts = (text: string) =>
  damagesTo(text).map((damage) => damaged(text, damage));

describe('what a file can be damaged by', () => {
  it.each([
    ['a condition that is negated', 'if (a) b;', 'if (!(a)) b;'],
    ['a comparison that is swapped', 'x = a < b;', 'x = a <= b;'],
    ['a statement that is gone', 'if (a) { b(); }', 'if (a) {  }'],
    ['an answer that is not awaited', 'x = await f();', 'x = f();'],
    ['another number', 'const ms = 1_000;', 'const ms = 1001;'],
    ['another bigint', 'const seen = 0n;', 'const seen = 1n;'],
    ['another truth', 'const on = true;', 'const on = false;'],
    ['an operator that is swapped', 'const on = a && b;', 'const on = a || b;'],
  ])('has %s', (_, sound, broken) => {
    expect(texts(sound)).toContain(broken);
  });

  it.each([
    ['types', 'type One = 1 | true;'],
    [
      'what a constructor has to call first',
      'class A extends B { constructor() { super(); } }',
    ],
    ['words', "const a = 'if (x) y;'; // a < b"],
  ])('has not %s', (_, text) => {
    expect(texts(text)).toEqual([]);
  });
});

describe('the suites for a damaged file', () => {
  const contributing = `
| If you change             | run                                       |
| ------------------------- | ----------------------------------------- |
| anything                  | \`npm test\`                              |
| the locks, \`lib/core\`   | \`npm test -- test/core test/simulation\` |
| the port, \`lib/core/store\` | \`npm test -- test/contract\`          |
`;

  it('are those that CONTRIBUTING names for its folders', () => {
    expect(suitesFor('lib/core/queue/ticket.ts', contributing)).toEqual([
      'test/core',
      'test/simulation',
    ]);
    expect(suitesFor('lib/core/store/watch-hub.ts', contributing)).toEqual([
      'test/core',
      'test/simulation',
      'test/contract',
    ]);
  });

  it('are those of its own folder for an add-on', () => {
    expect(suitesFor('lib/board/page.ts', contributing)).toEqual([
      'test/board',
    ]);
  });

  it('begin with those that stand beside it', () => {
    expect(nearestTests('lib/core/queue/ticket.ts')).toEqual([
      'test/core/queue',
    ]);
    expect(nearestTests('lib/nest/call/call-lock.ts')).toEqual(['test/nest']);
    expect(nearestTests('lib/index.ts')).toEqual([]);
  });
});

describe('what became of a run', () => {
  const report = (...messages: readonly string[]) => ({
    success: messages.length === 0,
    testResults: [
      {
        name: 'a.spec.ts',
        message: '',
        assertionResults: messages.map((message) => ({
          status: 'failed',
          fullName: 'a test',
          failureMessages: [message],
        })),
      },
    ],
  });
  const late = 'Error: Test timed out in 30000ms.';

  it('is told apart: passed, failed, and too slow', () => {
    expect(outcomeOf(report(), 0).outcome).toBe('passed');
    expect(outcomeOf(report('expected 1 to be 2'), 1).outcome).toBe('failed');
    expect(outcomeOf(report(late), 1).outcome).toBe('timed out');
    expect(outcomeOf(report(late, 'expected'), 1).outcome).toBe('failed');
    expect(outcomeOf(undefined, 1).outcome).toBe('timed out');
  });

  it('says which file has what failed', () => {
    expect(outcomeOf(report('expected'), 1).failedFiles).toEqual(['a.spec.ts']);
    expect(outcomeOf(report(), 0).failedFiles).toEqual([]);
  });

  it('is a failure where nothing failed but the run', () => {
    expect(outcomeOf(report(), 1).outcome).toBe('failed');
  });
});
