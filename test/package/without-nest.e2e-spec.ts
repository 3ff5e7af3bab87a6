import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runOrThrow } from '../../scripts/child.mjs';
import { root } from '../../scripts/repository.mjs';
import { pack, temporaryDirectory } from './support/tarball.js';
import { install } from './support/workspace.js';
import { removeDirectory } from '../support/owned-process.js';

/** What docs/entries.md says can do without Nest. */
const FREE = [
  'core',
  'election',
  'etcd',
  'fencing',
  'memory',
  'nestjs-locks',
  'telemetry',
];
const NEST_PEERS = ['@nestjs', 'reflect-metadata', 'rxjs'];

let directory: string;
let tarball: string;
beforeAll(async () => {
  directory = temporaryDirectory('bare');
  tarball = (await pack()).path;
  await install(directory, { 'nestjs-etcd-lock': `file:${tarball}` });
}, 120_000);
afterAll(() => removeDirectory(directory));

const node = (...args: string[]) =>
  runOrThrow(process.execPath, args, { cwd: directory });

describe('a bare install', () => {
  it('brings no Nest, nor anything else that is optional', async () => {
    const there = await readdir(join(directory, 'node_modules'));

    expect(there.filter((name) => !name.startsWith('.')).sort()).toEqual(
      ['commander', 'ms', 'nestjs-etcd-lock'].sort(),
    );
    expect(there.filter((name) => NEST_PEERS.includes(name))).toEqual([]);
  });

  it.each(FREE)('imports and requires /%s', async (entry) => {
    const name = JSON.stringify(`nestjs-etcd-lock/${entry}`);
    const names = 'const names = (it) => Object.keys(it).sort().join();';
    const said = await node(
      '--input-type=module',
      '-e',
      `import { createRequire } from 'node:module';
       import * as imported from ${name};
       ${names}
       const required = createRequire(process.cwd() + '/')(${name});
       if (names(imported) !== names(required)) throw new Error('they differ');
       console.log(names(imported).length > 0);`,
    );

    expect(said).toBe('true\n');
  });

  it('takes locks, leads, and publishes events', async () => {
    const said = await node(
      '--input-type=module',
      '-e',
      `import { subscribe } from 'node:diagnostics_channel';
       import { LockClient } from 'nestjs-etcd-lock/core';
       import { LeaderElection } from 'nestjs-etcd-lock/election';
       import { MemoryStore } from 'nestjs-etcd-lock/memory';
       import { publishLockEvents } from 'nestjs-etcd-lock/telemetry';
       const store = new MemoryStore();
       const locks = new LockClient({ store });
       publishLockEvents(locks);
       const seen = [];
       subscribe('nestjs-etcd-lock', ({ type, key }) => seen.push(type + ' ' + key));
       const election = new LeaderElection(locks);
       const led = await election.lead('x', ({ leading }) => leading);
       await election.close();
       await locks.close();
       await store.close();
       console.log(led, seen.includes('acquired election:x'));`,
    );

    expect(said).toBe('true true\n');
  });

  it('has the command line', async () => {
    const program = 'node_modules/nestjs-etcd-lock/dist/esm/cli/main.js';

    expect(await node(program, '--version')).toMatch(/^\d+\.\d+\.\d+\n$/);
  });

  it.each(['', '/election/nest', '/health'])(
    'says that Nest is missing where it is needed: nestjs-etcd-lock%s',
    async (entry) => {
      const program = `import(${JSON.stringify(`nestjs-etcd-lock${entry}`)})`;

      await expect(node('-e', program)).rejects.toThrow(
        /Cannot find package '(@nestjs\/common|reflect-metadata|rxjs)'/,
      );
    },
  );

  it('compiles, with the types of libraries checked', async () => {
    const program = FREE.map(
      (entry, at) =>
        `import * as entry${at} from 'nestjs-etcd-lock/${entry}';\nexport type Keys${at} = keyof typeof entry${at};`,
    );
    await writeFile(join(directory, 'entries.mts'), program.join('\n'));
    await writeFile(
      join(directory, 'tsconfig.json'),
      JSON.stringify({
        compilerOptions: {
          target: 'ES2022',
          lib: ['ES2022', 'ESNext.Disposable'],
          module: 'NodeNext',
          strict: true,
          noEmit: true,
          skipLibCheck: false,
          types: ['node'],
          typeRoots: [join(root, 'node_modules', '@types')],
        },
        include: ['entries.mts'],
      }),
    );
    const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc');

    expect(await node(tsc, '-p', 'tsconfig.json')).toBe('');
  });
});

it('an application on an older Nest is refused by npm, as long as peers are not forced', async () => {
  const older = temporaryDirectory('older');
  try {
    await expect(
      install(older, {
        '@nestjs/common': '^10.0.0',
        '@nestjs/core': '^10.0.0',
        'nestjs-etcd-lock': `file:${tarball}`,
        'reflect-metadata': '^0.2.2',
        rxjs: '^7.8.0',
      }),
    ).rejects.toThrow(/ERESOLVE/);
  } finally {
    removeDirectory(older);
  }
});
