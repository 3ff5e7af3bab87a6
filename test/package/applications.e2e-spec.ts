import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { broughtAlong } from './support/installed.js';
import { pack } from './support/tarball.js';
import {
  type Application,
  type ModuleType,
  Workspace,
} from './support/workspace.js';

const INSTALL_MS = 300_000;
const TOOLS = {
  '@types/node': '^20.19.0',
  jest: '^30.0.0',
  'ts-jest': '^29.4.0',
  typescript: '~6.0.3',
  'typescript-5': 'npm:typescript@~5.9.3',
  vitest: '~4.1.12',
};
const JEST = {
  commonjs: {
    testRegex: 'commonjs/.*\\.spec\\.ts$',
    transform: { '\\.ts$': 'ts-jest' },
    moduleNameMapper: { '^(\\..*)\\.js$': '$1' },
  },
  // Jest knows ES modules as Node runs them, so after the compiler.
  module: { testRegex: 'dist/module/.*\\.spec\\.js$', transform: {} },
};

interface Nest {
  readonly major: 11 | 12;
  readonly compiler: 'typescript' | 'typescript-5';
  /** Module and resolution. What node16 finds and allows, nodenext finds and allows as well. */
  readonly compiledAs: 'node16' | 'nodenext';
  readonly jest: ModuleType;
}
const VERSIONS: readonly Nest[] = [
  {
    major: 11,
    compiler: 'typescript-5',
    compiledAs: 'node16',
    jest: 'commonjs',
  },
  {
    major: 12,
    compiler: 'typescript',
    // To node16 a CommonJS module cannot require an ES module, as Nest 12 is one.
    compiledAs: 'nodenext',
    jest: 'module',
  },
];

const workspace = new Workspace();
const applications = new Map<number, Application>();

beforeAll(async () => {
  const { path } = await pack();
  await Promise.all([
    workspace.tools(TOOLS),
    ...VERSIONS.map(async ({ major, compiler, compiledAs }) => {
      const application = await workspace.application(
        `nest-${major}`,
        { compiler, module: compiledAs },
        {
          '@nestjs/common': `^${major}.0.0`,
          '@nestjs/core': `^${major}.0.0`,
          '@nestjs/platform-express': `^${major}.0.0`,
          'nestjs-etcd-lock': `file:${path}`,
          'reflect-metadata': '^0.2.2',
          rxjs: '^7.8.0',
        },
      );
      applications.set(major, application);
    }),
  ]);
  // In the way of ES modules and of CommonJS.
  await Promise.all([...applications.values()].map((one) => one.build()));
}, INSTALL_MS);
afterAll(() => workspace.remove(), INSTALL_MS);

describe.each(VERSIONS)('on Nest $major', ({ major, jest }) => {
  let application: Application;
  beforeAll(() => {
    application = applications.get(major)!;
  });

  it('is installed without what is optional', async () => {
    const modules = join(application.directory, 'node_modules', '@nestjs');

    expect(await readdir(modules)).toEqual([
      'common',
      'core',
      'platform-express',
    ]);
  });

  it('brings two packages along, and less than 5 MB on a disk', async () => {
    const { packages, bytes } = await broughtAlong(
      'nestjs-etcd-lock',
      application.directory,
    );

    expect(packages).toEqual(['nestjs-etcd-lock', 'commander', 'ms']);
    expect(bytes).toBeLessThan(5_000_000);
  });

  it.each(['module', 'commonjs'])(
    'runs in a package of type %s',
    async (type) => {
      expect(await application.start(`dist/${type}/main.js`)).toBe(
        'as expected\n',
      );
    },
  );

  it('runs with both copies loaded at once', async () => {
    expect(await application.node('dist/module/both-copies.js')).toBe(
      'as expected\n',
    );
  });

  it(`runs under Jest in a package of type ${jest}`, async () => {
    const config = JSON.stringify(JEST[jest]);
    const said = await application.node(
      ...(jest === 'module' ? ['--experimental-vm-modules'] : []),
      '../node_modules/jest/bin/jest.js',
      '--ci',
      '--config',
      config,
    );

    expect(said).toMatch(/^Tests: +1 passed, 1 total$/m);
  });

  it('runs under vitest', async () => {
    const said = await application.tool(
      'vitest/vitest.mjs',
      'run',
      '--globals',
      '--no-color',
      'module/application.spec.ts',
    );

    expect(said).toMatch(/^ *Tests +1 passed \(1\)$/m);
  });
});

describe('on Nest 12', () => {
  it('compiles for a bundler', async () => {
    await applications.get(12)!.check('preserve', 'bundler');
  });
});
