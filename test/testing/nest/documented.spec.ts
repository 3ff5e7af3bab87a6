import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

const text = (path: string) =>
  readFileSync(new URL(path, import.meta.url), 'utf8');

const page = text('../../../docs/testing.md');
const blocks = [...page.matchAll(/```ts\n(.*?)```/gs)].map(([, code]) => code!);

/** Without what a formatter changes when it indents code. */
const bare = (code: string) => code.replaceAll(/[\s,]+/g, '');

describe('docs/testing.md', () => {
  it('has examples', () => {
    expect(blocks.length).toBeGreaterThan(5);
  });

  it.each(blocks)('shows what is run: %s', (block) => {
    expect(bare(text('./examples.spec.ts'))).toContain(bare(block));
  });
});
