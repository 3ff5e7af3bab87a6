import { randomUUID } from 'node:crypto';
import { cp, mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { run } from '../child.mjs';
import { Failure } from '../failure.mjs';
import { root } from '../repository.mjs';
import { canUseApt, unpackPackages } from './apt-packages.mjs';
import { findOnPath, isExecutable } from './etcd-programs.mjs';

/**
 * A server that tests start.
 *
 * @typedef {object} Program
 * @property {string} title for people
 * @property {string} variable of the environment that may name it
 * @property {string} command by which it is called
 * @property {string} greeting what it prints with `--version`
 * @property {string} [versionOption] what it wants instead of `--version`
 * @property {import('./apt-packages.mjs').Alternatives} packages of Debian that hold it, and the
 * libraries that only it needs
 * @property {string} path to it within the packages
 * @property {string} [data] a folder within the packages that it reads
 * @property {string} [dataOption] the option by which it is told where that is
 */

/**
 * @typedef {object} Options
 * @property {NodeJS.ProcessEnv} [env]
 * @property {string} [cache]
 */

/**
 * Finds a program: by its variable, on the PATH, in the cache. What it resolves to has been seen
 * to run.
 *
 * @param {Program} program
 * @param {Options} [options]
 * @returns {Promise<string | undefined>}
 * @throws {Failure} when the variable names something that does not run
 */
export async function findProgram(program, options = {}) {
  const { variable, command } = program;
  const { env = process.env, cache = cacheOf(program) } = options;
  const named = env[variable] && resolve(env[variable]);
  if (named) {
    if (await works(program, named)) return named;
    throw new Failure(`${variable} is set, but ${named} does not run.`);
  }
  const onPath = await findOnPath(command, env['PATH']);
  if (onPath && (await works(program, onPath))) return onPath;

  const cached = join(placeIn(cache), command);
  return (await works(program, cached)) ? cached : undefined;
}

/**
 * Finds a program as {@link findProgram} does; else brings it from Debian's packages.
 *
 * @param {Program} program
 * @param {Options} [options]
 * @returns {Promise<string>}
 * @throws {Failure} that says what to do
 */
export async function ensureProgram(program, options = {}) {
  const found = await findProgram(program, options);
  if (found) return found;
  const { title, variable, command } = program;
  const { cache = cacheOf(program) } = options;
  const place = placeIn(cache);
  const cached = join(place, command);
  let problem = 'apt-get and dpkg-deb are not here';
  if (await canUseApt()) {
    console.log(`Getting ${title}: Debian packages.`);
    try {
      await fill(program, cache, place);
    } catch (error) {
      problem = error instanceof Error ? error.message : String(error);
    }
    if (await works(program, cached)) return cached;
  }
  throw new Failure(
    `No ${title} was found on this machine, and none could be brought: ${problem}.\nInstall ${command}, or set ${variable} to its path.`,
  );
}

/** @param {Program} program */
function cacheOf({ command }) {
  return join(root, '.cache', command);
}

/** @param {string} cache */
function placeIn(cache) {
  return join(cache, `${process.platform}-${process.arch}`);
}

/** @param {Program} program @param {string} path */
async function works({ greeting, versionOption = '--version' }, path) {
  if (!(await isExecutable(path))) return false;
  const { code, output } = await run(path, [versionOption], {
    capture: true,
    timeoutMs: 10_000,
  });
  return code === 0 && output.includes(greeting);
}

/**
 * Others who look see all or nothing.
 *
 * @param {Program} program @param {string} cache @param {string} place
 */
async function fill(program, cache, place) {
  const work = join(cache, `new-${randomUUID()}`);
  const ready = join(work, 'ready');
  try {
    await mkdir(join(work, 'fetched'), { recursive: true });
    const fetched = join(work, 'fetched');
    const unpacked = await unpackPackages(program.packages, fetched);
    await pick(program, unpacked, ready);
    // What is in the way does not work, or another process was quicker.
    await rename(place, join(work, 'broken')).catch(() => {});
    await rename(ready, place);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

/** @param {Program} program @param {string} unpacked @param {string} ready */
async function pick({ command, path, data, dataOption }, unpacked, ready) {
  const copy = (/** @type {string} */ from, /** @type {string} */ to) =>
    cp(from, join(ready, to), { recursive: true, dereference: true });
  await copy(join(unpacked, path), `program/${command}`);
  for (const library of await libraries(unpacked)) {
    await copy(library, `lib/${basename(library)}`);
  }
  if (data) await copy(join(unpacked, data), 'data');
  const where = dataOption ? ` "${dataOption}=$here/data"` : '';
  await writeFile(
    join(ready, command),
    // The same process, so that whoever started it can end it.
    `#!/bin/sh
here=$(dirname "$0")
LD_LIBRARY_PATH="$here/lib\${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}" exec "$here/program/${command}" "$@"${where}
`,
    { mode: 0o755 },
  );
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
