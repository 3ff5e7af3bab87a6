import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type CodeBlock, codeBlocks, placeOf } from './support/code-blocks.js';
import { compile, parse } from './support/compile.js';
import { Extraction } from './support/extraction.js';
import { FRAGMENT_CONTEXT } from './support/fragment-context.js';
import { pages } from './support/pages.js';

/**
 * - `ts`: a module, which compiles as it stands; `blocks.e2e-spec.ts` runs it
 * - `ts fragment`: compiles with the names of `support/fragment-context.ts`
 * - `ts before`: code for another library, which is not installed; it is parsed
 */
const KINDS = [
  ...['ts', 'ts fragment', 'ts before', 'sh', 'json', 'promql', ''],
  // Diagrams, not code.
  'mermaid',
  // `deployment.spec.ts` checks these.
  ...['yaml', 'dockerfile'],
];

/** Excerpts of a program, which `test/testing/nest` runs and compares with the page. */
const EXCERPTS = 'docs/testing.md';

const blocks = pages()
  .filter(({ path }) => path !== EXCERPTS)
  .flatMap(codeBlocks);
const ofKind = (kind: string) =>
  blocks
    .filter((block) => block.kind === kind)
    .map((block) => [placeOf(block), block] as const);

const extraction = new Extraction();
const paths = new Map<CodeBlock, string>();
let complaints: Map<string, string[]>;

beforeAll(() => {
  for (const [, block] of ofKind('ts')) {
    paths.set(block, extraction.addSource(block));
  }
  for (const [, block] of ofKind('ts fragment')) {
    paths.set(block, extraction.addSource(block, FRAGMENT_CONTEXT));
  }
  complaints = compile([...paths.values()]);
}, 120_000);
afterAll(() => extraction.remove());

const complaintsOf = (block: CodeBlock) => complaints.get(paths.get(block)!);

describe('the code in the documentation', () => {
  it('is of a kind that is checked', () => {
    const unknown = blocks.filter(({ kind }) => !KINDS.includes(kind));
    expect(unknown.map((b) => `${placeOf(b)}: ${b.kind}`)).toEqual([]);
  });

  it.each(ofKind('ts'))('compiles: %s', (_, block) => {
    expect(complaintsOf(block)).toEqual([]);
  });

  it.each(ofKind('ts fragment'))('compiles in its context: %s', (_, block) => {
    expect(complaintsOf(block)).toEqual([]);
  });

  it.each(ofKind('ts before'))('parses: %s', (_, { text }) => {
    expect(parse(text)).toEqual([]);
  });

  it.each(ofKind('json'))('is JSON: %s', (_, { text }) => {
    expect(() => JSON.parse(text) as unknown).not.toThrow();
  });

  it('consists of modules, but for a few fragments', () => {
    expect(ofKind('ts').length).toBeGreaterThan(
      4 * ofKind('ts fragment').length,
    );
  });
});
