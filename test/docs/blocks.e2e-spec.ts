import type { INestApplicationContext, Type } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest';
import { type Etcd, startEtcd } from '../support/etcd.js';
import { freePorts } from '../support/free-port.js';
import { type CodeBlock, codeBlocks, placeOf } from './support/code-blocks.js';
import { Extraction } from './support/extraction.js';
import { pages } from './support/pages.js';

/** Run by tests of their own: excerpts, and what `recipes.e2e-spec.ts` takes apart. */
const ELSEWHERE = [
  'docs/testing.md',
  'docs/recipes.md',
  'docs/configuration.md',
  'docs/scripts.md',
];

const blocks = pages()
  .filter(({ path }) => !ELSEWHERE.includes(path))
  .flatMap(codeBlocks)
  .filter(({ kind }) => kind === 'ts');

const extraction = new Extraction();
const programs = new Map<CodeBlock, string>();
let etcd: Etcd;

beforeAll(async () => {
  etcd = await startEtcd();
  const [port] = await freePorts(1);
  for (const block of blocks) {
    const text = block.text
      .replaceAll('http://127.0.0.1:2379', etcd.endpoints[0]!)
      .replaceAll('9464', String(port));
    programs.set(block, extraction.addProgram({ ...block, text }));
  }
});
afterAll(async () => {
  extraction.remove();
  await etcd?.stop();
});

/** Whatever of its exports has to be ended. */
async function close(exports: Record<string, unknown>): Promise<void> {
  const { close: end, stop = end } = exports as Record<
    string,
    (() => Promise<void>) | undefined
  >;
  if (typeof stop === 'function') await stop();
}

it.each(blocks.map((block) => [placeOf(block), block] as const))(
  'runs: %s',
  async (_, block) => {
    const exports = (await import(programs.get(block)!)) as Record<
      string,
      unknown
    >;
    onTestFinished(() => close(exports));
    if (exports['AppModule'] === undefined) return;
    const app = await started(exports['AppModule'] as Type);
    await app.close();
  },
);

async function started(module: Type): Promise<INestApplicationContext> {
  const testing = await Test.createTestingModule({
    imports: [module],
  }).compile();
  return testing.createNestApplication().init();
}

it('runs at least one program of every page that has code', () => {
  expect(new Set(blocks.map(({ page }) => page)).size).toBeGreaterThan(5);
});
