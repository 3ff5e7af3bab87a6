import { readFileSync } from 'node:fs';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';
import { DEFECTS } from './defects.mjs';

const read = (path: string) =>
  readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');

describe('the deliberate defects', () => {
  it.each(DEFECTS)('still have their place: $title', (defect) => {
    expect(read(defect.file).split(defect.line)).toHaveLength(2);
    expect(defect.test).not.toBe('');
  });

  // One that does not load fails no test by its name.
  it.each(DEFECTS)('are programs: $title', ({ file, line, instead }) => {
    const damaged = read(file).replace(line, () => instead);
    const { diagnostics } = ts.transpileModule(damaged, {
      reportDiagnostics: true,
      fileName: file,
    });
    expect(diagnostics?.map(({ messageText }) => messageText)).toEqual([]);
  });

  it('break every promise there is', () => {
    const broken = new Set(DEFECTS.flatMap(({ promise }) => promise ?? []));
    expect(broken).toEqual(new Set([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]));
  });
});
