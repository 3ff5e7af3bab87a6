import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LockClient } from 'nestjs-etcd-lock';
import { EtcdStore } from 'nestjs-etcd-lock/etcd';
import { type Etcd, startEtcd } from '../support/etcd.js';
import { codeBlocks } from './support/code-blocks.js';
import { Extraction } from './support/extraction.js';
import { page, ROOT } from './support/pages.js';

const run = promisify(execFile);
const blocks = codeBlocks(page('docs/scripts.md'));
const extraction = new Extraction();
const programs = new Map<string, string>();

let etcd: Etcd;
let store: EtcdStore;
let locks: LockClient;
beforeAll(async () => {
  etcd = await startEtcd();
  store = new EtcdStore({ hosts: etcd.endpoints });
  locks = new LockClient({ store });
  for (const block of blocks) {
    if (block.file === undefined) continue;
    programs.set(block.file, extraction.addProgram(block));
  }
});
afterAll(async () => {
  extraction.remove();
  await locks?.close();
  await store?.close();
  await etcd?.stop();
});

const environment = () => ({
  PATH: process.env['PATH'],
  ETCD_HOSTS: etcd.endpoints.join(','),
});

async function ran(program: string): Promise<string> {
  const { stdout } = await run(process.execPath, [program], {
    env: environment(),
    timeout: 60_000,
  });
  return stdout;
}

describe('a script', () => {
  it.each(['nightly.ts', 'reindex.ts'])(
    'does its work, leaves no lock and ends by itself: %s',
    async (file) => {
      expect(await ran(programs.get(file)!)).toBe('done\n');
      expect(await locks.list()).toEqual([]);
    },
  );

  it('leaves the work to another one that is at it', async () => {
    await using _ = await locks.acquire('nightly');

    expect(await ran(programs.get('nightly.ts')!)).toBe(
      'another one is at work\n',
    );
  });

  it('runs out of the bundle that docs/bundling.md makes', async () => {
    const command = codeBlocks(page('docs/bundling.md')).find(({ text }) =>
      text.startsWith('npx esbuild'),
    )!;
    const [, , ...args] = command.text.trim().split(' ');
    const program = programs.get('nightly.ts')!;
    const bundle = join(extraction.directory, 'nightly.mjs');
    await run(
      // Which is a script or, where its package was allowed to install itself, a program.
      join(ROOT, 'node_modules/.bin/esbuild'),
      args.map((word) =>
        word
          .replace(/^nightly\.ts$/, program)
          .replace(/=nightly\.mjs$/, `=${bundle}`),
      ),
      { cwd: ROOT },
    );

    expect(basename(bundle)).toBe('nightly.mjs');
    expect(readFileSync(bundle, 'utf8')).not.toMatch(
      /from "nestjs-etcd-lock|@nestjs\//,
    );
    expect(await ran(bundle)).toBe('done\n');
  });
});

it('a function takes its lock in each call, with a token that grows', async () => {
  process.env['ETCD_HOSTS'] = etcd.endpoints.join(',');
  const { handler } = (await import(programs.get('handler.ts')!)) as {
    handler(event: { orderId: string }): Promise<{ fencingToken: string }>;
  };
  delete process.env['ETCD_HOSTS'];

  const tokens: bigint[] = [];
  for (const _ of 'abc') {
    const { fencingToken } = await handler({ orderId: '42' });
    tokens.push(BigInt(fencingToken));
    expect(await locks.list()).toEqual([]);
  }

  expect([...tokens].sort((a, b) => Number(a - b))).toEqual(tokens);
  expect(new Set(tokens).size).toBe(3);
});
