import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runOrThrow } from '../../scripts/child.mjs';
import { type Etcd, startEtcd } from '../support/etcd.js';
import { removeDirectory } from '../support/owned-process.js';
import { bundlers } from './support/bundlers.js';
import { pack, temporaryDirectory } from './support/tarball.js';
import { type Application, Workspace } from './support/workspace.js';

/**
 * What Nest asks for where it is installed, and has everybody leave out who bundles it without:
 * whatever more was needed here would be for the sake of the locks.
 */
const OPTIONAL_TO_NEST = [
  '@nestjs/microservices',
  '@nestjs/microservices/microservices-module.js',
  '@nestjs/websockets/socket-module.js',
  'class-transformer',
  'class-validator',
];

const workspace = new Workspace();
/** Nothing is installed in it, nor above it. */
const elsewhere = temporaryDirectory('bundles');
let application: Application;
let etcd: Etcd;
beforeAll(async () => {
  [etcd] = await Promise.all([
    startEtcd(),
    workspace.tools({ '@types/node': '^20.19.0', typescript: '~6.0.3' }),
  ]);
  application = await workspace.application(
    'bundled',
    { compiler: 'typescript', module: 'nodenext' },
    {
      '@nestjs/common': '^12.0.0',
      '@nestjs/core': '^12.0.0',
      '@nestjs/platform-express': '^12.0.0',
      'nestjs-etcd-lock': `file:${(await pack()).path}`,
      'reflect-metadata': '^0.2.2',
      rxjs: '^7.8.0',
    },
  );
  await application.build();
}, 300_000);
afterAll(async () => {
  workspace.remove();
  removeDirectory(elsewhere);
  await etcd.stop();
});

const programs = [
  ['an application on Nest', 'main.js', OPTIONAL_TO_NEST],
  ['a program without Nest', 'without-nest.js', []],
] as const;
const types = ['module', 'commonjs'] as const;

describe.each(Object.entries(bundlers))('%s', (name, bundle) => {
  it.each(
    programs.flatMap(([what, file, external]) =>
      types.map((type) => [what, type, file, external] as const),
    ),
  )(
    'bundles %s of type %s, which takes its locks from memory and from etcd',
    async (_what, type, file, external) => {
      const directory = join(elsewhere, `${name}-${type}-${file}`);
      await mkdir(directory);
      const entry = join(application.directory, 'dist', type, file);
      const path = await bundle({ entry, type, directory, external });
      const run = (env: NodeJS.ProcessEnv) =>
        runOrThrow(process.execPath, [path], { cwd: directory, env });

      expect(await run({})).toBe('as expected\n');
      expect(await run({ ETCD_HOST: etcd.member.endpoint })).toBe(
        'as expected\n',
      );
    },
    60_000,
  );
});
