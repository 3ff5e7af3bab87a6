import { dirname, join, resolve } from 'node:path';
import { Failure } from '../failure.mjs';
import { root } from '../repository.mjs';
import { canUseApt } from './apt-packages.mjs';
import { cachedPrograms, fillCache } from './etcd-cache.mjs';
import { fetchWithApt } from './etcd-from-apt.mjs';
import { canUseBrew, installWithBrew } from './etcd-from-brew.mjs';
import { canUseDocker, fetchWithDocker } from './etcd-from-docker.mjs';
import { findOnPath, isExecutable, problemWith } from './etcd-programs.mjs';

/** @typedef {import('./etcd-programs.mjs').EtcdPrograms} EtcdPrograms */

const SOURCES = [
  {
    name: 'Debian packages',
    usable: canUseApt,
    bring: (/** @type {string} */ cache) => fillCache(cache, fetchWithApt),
  },
  { name: 'Homebrew', usable: canUseBrew, bring: installWithBrew },
  {
    name: "etcd's Docker image",
    usable: canUseDocker,
    bring: (/** @type {string} */ cache) => fillCache(cache, fetchWithDocker),
  },
];

/**
 * Finds etcd and etcdctl: `ETCD_BIN`, the PATH, the cache; else brings them from the first source
 * that works here. `ETCDCTL_BIN` names etcdctl wherever etcd comes from. What it resolves to has
 * been seen to run.
 *
 * @param {object} [options]
 * @param {NodeJS.ProcessEnv} [options.env]
 * @param {string} [options.cache]
 * @param {typeof SOURCES} [options.sources]
 * @returns {Promise<EtcdPrograms>}
 * @throws {Failure} that says what was tried and what to do
 */
export async function ensureEtcd(options = {}) {
  const {
    env = process.env,
    cache = join(root, '.cache', 'etcd'),
    sources = SOURCES,
  } = options;

  if (env['ETCD_BIN']) {
    const programs = await withEtcdctl(resolve(env['ETCD_BIN']), env);
    const problem = await problemWith(programs);
    if (problem) throw new Failure(`ETCD_BIN is set, but ${problem}`);
    return programs;
  }

  /** @type {string[]} */
  const tried = [];
  const onPath = await findOnPath('etcd', env['PATH']);
  if (onPath) {
    const programs = await withEtcdctl(onPath, env);
    const problem = await problemWith(programs);
    if (!problem) return programs;
    tried.push(`on the PATH: ${problem}`);
  }

  const cached = override(cachedPrograms(cache), env);
  if (await isExecutable(cached.etcd)) {
    const problem = await problemWith(cached);
    if (!problem) return cached;
    tried.push(`in the cache: ${problem}`);
  }

  for (const { name, usable, bring } of sources) {
    if (!(await usable())) continue;
    console.log(`Getting etcd: ${name}.`);
    try {
      const programs = override(await bring(cache), env);
      const problem = await problemWith(programs);
      if (!problem) return programs;
      tried.push(`${name}: ${problem}`);
    } catch (error) {
      tried.push(
        `${name}: ${error instanceof Error ? error.message : String(error)}`,
      );
    }
  }
  throw new Failure(explanation(tried));
}

/**
 * @param {string} etcd
 * @param {NodeJS.ProcessEnv} env
 * @returns {Promise<EtcdPrograms>}
 */
async function withEtcdctl(etcd, env) {
  const beside = join(dirname(etcd), 'etcdctl');
  const etcdctl = (await isExecutable(beside))
    ? beside
    : ((await findOnPath('etcdctl', env['PATH'])) ?? 'etcdctl');
  return override({ etcd, etcdctl }, env);
}

/** @param {EtcdPrograms} programs @param {NodeJS.ProcessEnv} env */
function override(programs, env) {
  const etcdctl = env['ETCDCTL_BIN'];
  return etcdctl ? { ...programs, etcdctl: resolve(etcdctl) } : programs;
}

/** @param {string[]} tried */
function explanation(tried) {
  return [
    'No etcd was found on this machine, and none could be brought.',
    ...tried.map((line) => `  - ${line}`),
    'Do one of these, then run the command again:',
    '  - install etcd and etcdctl, 3.4 or newer, so that both are on the PATH',
    '  - set ETCD_BIN to the path of etcd, with etcdctl beside it or in ETCDCTL_BIN',
    '  - for the demo only: set ETCD_ENDPOINTS to the address of a running etcd',
  ].join('\n');
}
