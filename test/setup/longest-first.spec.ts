import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { TestSpecification, Vitest } from 'vitest/node';
import { root } from '../../scripts/repository.mjs';
import { LONGEST, LongestFirst } from '../support/longest-first.js';

describe('the order of the test files', () => {
  it.each(LONGEST)('begins with %s, which is there', async (path) => {
    expect(existsSync(join(root, path))).toBe(true);
    const files = ['test/a.spec.ts', path, 'test/b.spec.ts'].map((file) => ({
      moduleId: join(root, file),
      project: {
        name: 'unit',
        config: { sequence: { groupOrder: 0 }, isolate: true },
      },
    }));
    const vitest = {
      config: { root },
      cache: {
        getFileTestResults: () => undefined,
        getFileStats: () => undefined,
      },
    };
    const sorted = await new LongestFirst(vitest as unknown as Vitest).sort(
      files as unknown as TestSpecification[],
    );

    expect(sorted.map(({ moduleId }) => moduleId)).toEqual(
      [path, 'test/a.spec.ts', 'test/b.spec.ts'].map((file) =>
        join(root, file),
      ),
    );
  });
});
