import { randomUUID } from 'node:crypto';
import { cp, mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { run } from '../child.mjs';
import { Failure } from '../failure.mjs';
import { root } from '../repository.mjs';
import { canUseApt, unpackPackages } from './apt-packages.mjs';
import { findOnPath, isExecutable } from './etcd-programs.mjs';

// The program is in the second; the others hold libraries that only it needs.
const PACKAGES = [
  ['redis-server', 'redis-tools', 'libjemalloc2', 'liblzf1', 'libatomic1'],
];

/** Runs the program beside it with the libraries beside it, as the same process. */
const STARTER = `#!/bin/sh
here=$(dirname "$0")
LD_LIBRARY_PATH="$here/lib\${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}" exec "$here/program/redis-server" "$@"
`;

/**
 * Finds redis-server, for the tests of queues: `REDIS_BIN`, the PATH, the cache; else brings it
 * from Debian's packages. What it resolves to has been seen to run.
 *
 * @param {object} [options]
 * @param {NodeJS.ProcessEnv} [options.env]
 * @param {string} [options.cache]
 * @returns {Promise<string>}
 * @throws {Failure} that says what to do
 */
export async function ensureRedis(options = {}) {
  const { env = process.env, cache = join(root, '.cache', 'redis') } = options;
  if (env['REDIS_BIN']) {
    const named = resolve(env['REDIS_BIN']);
    if (await works(named)) return named;
    throw new Failure(`REDIS_BIN is set, but ${named} does not run.`);
  }
  const onPath = await findOnPath('redis-server', env['PATH']);
  if (onPath && (await works(onPath))) return onPath;

  const place = join(cache, `${process.platform}-${process.arch}`);
  const cached = join(place, 'redis-server');
  if (await works(cached)) return cached;
  let problem = 'apt-get and dpkg-deb are not here';
  if (await canUseApt()) {
    console.log('Getting Redis: Debian packages.');
    try {
      await fill(cache, place);
    } catch (error) {
      problem = error instanceof Error ? error.message : String(error);
    }
    if (await works(cached)) return cached;
  }
  throw new Failure(
    `No Redis was found on this machine, and none could be brought: ${problem}.\nInstall redis-server, or set REDIS_BIN to its path.`,
  );
}

/** @param {string} program */
async function works(program) {
  if (!(await isExecutable(program))) return false;
  const { code, output } = await run(program, ['--version'], {
    capture: true,
    timeoutMs: 10_000,
  });
  return code === 0 && output.includes('Redis server');
}

/** Others who look see all or nothing. @param {string} cache @param {string} place */
async function fill(cache, place) {
  const work = join(cache, `new-${randomUUID()}`);
  const ready = join(work, 'ready');
  try {
    await mkdir(join(ready, 'lib'), { recursive: true });
    await mkdir(join(work, 'fetched'));
    const unpacked = await unpackPackages(PACKAGES, join(work, 'fetched'));
    await mkdir(join(ready, 'program'));
    await cp(
      join(unpacked, 'usr/bin/redis-server'),
      join(ready, 'program/redis-server'),
      { dereference: true },
    );
    for (const library of await libraries(unpacked)) {
      await cp(
        library,
        join(ready, 'lib', library.slice(dirname(library).length)),
        {
          dereference: true,
        },
      );
    }
    await writeFile(join(ready, 'redis-server'), STARTER, { mode: 0o755 });
    // What is in the way does not work, or another process was quicker.
    await rename(place, join(work, 'broken')).catch(() => {});
    await rename(ready, place);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

/** @param {string} unpacked */
async function libraries(unpacked) {
  const entries = await readdir(unpacked, {
    recursive: true,
    withFileTypes: true,
  });
  return entries
    .filter(({ name }) => /\.so(\.\d+)*$/.test(name))
    .map(({ parentPath, name }) => join(parentPath, name));
}
