import { randomUUID } from 'node:crypto';
import { chmod, mkdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { isExecutable, problemWith } from './etcd-programs.mjs';

/** @typedef {import('./etcd-programs.mjs').EtcdPrograms} EtcdPrograms */

/**
 * Where the cache keeps the programs, whether or not they are there.
 *
 * @param {string} cache
 * @returns {EtcdPrograms}
 */
export function cachedPrograms(cache) {
  return programsIn(place(cache));
}

/**
 * Lets `fetch` bring both programs into a temporary directory, sees that they run, and only then
 * moves them to their place in one step. Others who look see all or nothing, and when several
 * processes do this at once, each ends with programs that run.
 *
 * @param {string} cache
 * @param {(directory: string) => Promise<EtcdPrograms & { etcdutl?: string }>} fetch
 * @returns {Promise<EtcdPrograms>}
 */
export async function fillCache(cache, fetch) {
  const work = join(cache, `new-${randomUUID()}`);
  const ready = join(work, 'ready');
  const fetched = join(work, 'fetched');
  await mkdir(ready, { recursive: true });
  await mkdir(fetched);
  try {
    const found = await fetch(fetched);
    const programs = programsIn(ready);
    for (const name of /** @type {const} */ (['etcd', 'etcdctl'])) {
      await rename(found[name], programs[name]);
      await chmod(programs[name], 0o755);
    }
    // From 3.5 on: it does what etcdctl did to files.
    if (found.etcdutl && (await isExecutable(found.etcdutl))) {
      await rename(found.etcdutl, join(ready, 'etcdutl'));
    }
    const problem = await problemWith(programs);
    if (problem) throw new Error(problem);
    await putInPlace(ready, place(cache), join(work, 'broken'));
  } finally {
    await rm(work, { recursive: true, force: true });
  }
  return cachedPrograms(cache);
}

/** @param {string} ready @param {string} target @param {string} aside */
async function putInPlace(ready, target, aside) {
  try {
    return await rename(ready, target);
  } catch {
    // Something is there: another process was quicker, or it is what is left of a broken one.
    if (!(await problemWith(programsIn(target)))) return;
  }
  await rename(target, aside);
  await rename(ready, target);
}

/** @param {string} cache */
function place(cache) {
  // One checkout may be mounted on machines of several kinds.
  return join(cache, `${process.platform}-${process.arch}`);
}

/** @param {string} directory */
function programsIn(directory) {
  return {
    etcd: join(directory, 'etcd'),
    etcdctl: join(directory, 'etcdctl'),
  };
}
