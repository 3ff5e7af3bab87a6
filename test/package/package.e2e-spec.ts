import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  bothCopies,
  imported,
  jestSpec,
  required,
  typed,
  vitestSpec,
} from './programs.js';
import { type Application, install, pack, root, run } from './support.js';

/** What the types of the package may name besides its own files. */
const ALLOWED_IN_TYPES = [
  '@grpc/grpc-js',
  '@nestjs/common',
  '@nestjs/core',
  'etcd3',
  'ms',
  'node:async_hooks',
  'node:http',
  'rxjs',
];
const INSTALL_MS = 300_000;

const tool = (name: string, ...args: string[]) =>
  run(root, process.execPath, join(root, 'node_modules', name), ...args);

let tarball: string;
beforeAll(async () => {
  tarball = await pack();
});

describe('the package', () => {
  it('is in order for publint', async () => {
    expect(
      await tool('publint/src/cli.js', 'run', tarball, '--strict'),
    ).toContain('All good!');
  });

  it('has types that resolve for every kind of import', async () => {
    const attw = '@arethetypeswrong/cli/dist/index.js';
    expect(
      await tool(attw, tarball, '--profile', 'node16', '--no-emoji'),
    ).toContain('No problems found');
  });

  it('names in its types only what an application has', async () => {
    const named = new Set<string>();
    const dist = join(root, 'dist', 'esm');
    for (const file of await readdir(dist, { recursive: true })) {
      if (!file.endsWith('.d.ts')) continue;
      const text = await readFile(join(dist, file), 'utf8');
      const code = text.replace(/\/\*[^]*?\*\//g, '');
      for (const [, name] of code.matchAll(
        /(?:from |import\()['"]([^'".][^'"]*)['"]/g,
      )) {
        named.add(name!);
      }
    }

    expect(named.size).toBeGreaterThan(0);
    expect(
      [...named].filter((name) => !ALLOWED_IN_TYPES.includes(name)),
    ).toEqual([]);
  });
});

const NEST = (major: string) => ({
  '@nestjs/common': `^${major}.0.0`,
  '@nestjs/core': `^${major}.0.0`,
  'reflect-metadata': '^0.2.2',
  rxjs: '^7.8.0',
});

describe.each([
  ['11', 'commonjs', { jest: '^30.0.0' }],
  ['12', 'module', { vitest: '~4.1.12' }],
] as const)('on Nest %s, in a package of type %s', (major, type, tester) => {
  let app: Application;
  beforeAll(async () => {
    app = await install(tarball, type, {
      ...NEST(major),
      ...tester,
      typescript: '~6.0.3',
      '@types/node': '^20.19.0',
    });
  }, INSTALL_MS);

  it('runs when it is imported', async () => {
    await app.write('imported.mjs', imported);
    expect(await app.node('imported.mjs')).toBe('job and other\n');
  });

  it('runs when it is required', async () => {
    await app.write('required.cjs', required);
    expect(await app.node('required.cjs')).toContain('job and other\n');
  });

  it('runs when both copies are loaded at once', async () => {
    await app.write('both.mjs', bothCopies);
    expect(await app.node('both.mjs')).toContain('job and other\nfalse true\n');
  });

  it.each([
    ['node16', 'node16'],
    ['nodenext', 'nodenext'],
    ['esnext', 'bundler'],
  ])('compiles as module %s with resolution %s', async (module, resolution) => {
    await app.write('typed.ts', typed);
    await app.node(
      'node_modules/typescript/bin/tsc',
      '--noEmit',
      '--strict',
      '--experimentalDecorators',
      '--target',
      'es2022',
      '--lib',
      'es2022,esnext.disposable',
      '--types',
      'node',
      '--skipLibCheck',
      '--module',
      module,
      '--moduleResolution',
      resolution,
      'typed.ts',
    );
  });

  it(`runs under ${Object.keys(tester)[0]}`, async () => {
    if (type === 'commonjs') {
      await app.write('job.spec.js', jestSpec);
      const said = await app.node('node_modules/jest/bin/jest.js', '--ci');
      expect(said).toContain('1 passed');
    } else {
      await app.write('job.spec.mjs', vitestSpec);
      const said = await app.node('node_modules/vitest/vitest.mjs', 'run');
      expect(said).toMatch(/1 passed/);
    }
  });
});
