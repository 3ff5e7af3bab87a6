import { dirname, join, resolve } from 'node:path';
import { Failure } from '../failure.mjs';
import { root } from '../repository.mjs';
import { canUseApt } from './apt-packages.mjs';
import { cachedPrograms, fillCache } from './etcd-cache.mjs';
import { fetchWithApt } from './etcd-from-apt.mjs';
import { canUseBrew, installWithBrew } from './etcd-from-brew.mjs';
import { canUseDocker, fetchWithDocker } from './etcd-from-docker.mjs';
import { buildEtcd, canBuildEtcd } from './etcd-from-go.mjs';
import {
  findOnPath,
  isExecutable,
  isOlder,
  problemWith,
  seriesOf,
} from './etcd-programs.mjs';

/** @typedef {import('./etcd-programs.mjs').EtcdPrograms} EtcdPrograms */

/**
 * @typedef {object} Source
 * @property {string} name
 * @property {string} needs
 * @property {() => Promise<boolean>} usable
 * @property {(cache: string) => Promise<EtcdPrograms>} bring
 */

/** The oldest series that is maintained. */
const MAINTAINED = '3.5';

/** @param {string} name @param {Parameters<typeof fetchWithApt>} how @returns {Source} */
const packages = (name, ...how) => ({
  name,
  needs: 'apt-get and dpkg-deb',
  usable: canUseApt,
  bring: (cache) => fillCache(cache, fetchWithApt(...how)),
});

/** Where one comes from that is maintained; else, any that will do. @type {readonly Source[]} */
const SOURCES = [
  packages(
    `packages, ${MAINTAINED} or newer`,
    (version) => !isOlder(version, MAINTAINED),
    'newer',
  ),
  {
    name: 'Homebrew',
    needs: 'macOS and brew',
    usable: canUseBrew,
    bring: installWithBrew,
  },
  {
    name: "etcd's Docker image",
    needs: 'Linux and a running Docker',
    usable: canUseDocker,
    bring: (cache) => fillCache(cache, fetchWithDocker),
  },
  packages('packages, of any version', () => true),
];

/** @param {string} series @returns {readonly Source[]} */
function sourcesOf(series) {
  const others = isOlder(series, MAINTAINED) ? 'older' : 'newer';
  return [
    {
      name: 'Go modules',
      needs: 'Go 1.24 or later, for 3.6 and 3.7',
      usable: () => canBuildEtcd(series),
      bring: (cache) => fillCache(cache, buildEtcd(series)),
    },
    packages('packages', (version) => seriesOf(version) === series, others),
  ];
}

/**
 * Finds etcd and etcdctl: `ETCD_BIN`, the PATH, the cache; else brings them from the first source
 * that works here. `ETCDCTL_BIN` names etcdctl wherever etcd comes from. `USE_ETCD` wishes for a
 * series, such as 3.4; without a wish, one that is maintained is preferred. What it resolves to has
 * been seen to run.
 *
 * @param {object} [options]
 * @param {NodeJS.ProcessEnv} [options.env]
 * @param {string} [options.cache]
 * @param {readonly Source[]} [options.sources]
 * @returns {Promise<EtcdPrograms>}
 * @throws {Failure} that says what was tried and what to do
 */
export async function ensureEtcd(options = {}) {
  const { env = process.env } = options;
  const series = env['USE_ETCD'] || undefined;
  if (series && !/^3\.\d+$/.test(series)) {
    throw new Failure(`USE_ETCD wishes for a series, such as 3.5: ${series}`);
  }
  const {
    cache = join(root, '.cache', 'etcd'),
    sources = series ? sourcesOf(series) : SOURCES,
  } = options;
  const place = join(cache, series ?? 'default');

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
    const problem = await problemWith(programs, series);
    if (!problem) return programs;
    tried.push(`on the PATH: ${problem}`);
  }

  const cached = override(cachedPrograms(place), env);
  if (await isExecutable(cached.etcd)) {
    const problem = await problemWith(cached, series);
    if (!problem) return cached;
    tried.push(`in the cache: ${problem}`);
  }

  for (const { name, needs, usable, bring } of sources) {
    if (!(await usable())) {
      tried.push(`${name}: this needs ${needs}`);
      continue;
    }
    console.log(`Getting etcd: ${name}.`);
    /** @type {string | undefined} */
    let problem;
    try {
      const programs = override(await bring(place), env);
      problem = await problemWith(programs, series);
      if (!problem) return programs;
    } catch (error) {
      problem = error instanceof Error ? error.message : String(error);
    }
    console.log(`  None: ${problem}.`);
    tried.push(`${name}: ${problem}`);
  }
  throw new Failure(explanation(series, tried));
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

/** @param {string | undefined} series @param {string[]} tried */
function explanation(series, tried) {
  return [
    `No etcd${series ? ` ${series}` : ''} was found on this machine, and none could be brought.`,
    ...tried.map((line) => `  - ${line}`),
    'Do one of these, then run the command again:',
    `  - install etcd and etcdctl, ${series ?? '3.4 or newer'}, so that both are on the PATH`,
    '  - set ETCD_BIN to the path of etcd, with etcdctl beside it or in ETCDCTL_BIN',
    '  - for the demo only: set ETCD_ENDPOINTS to the address of a running etcd',
  ].join('\n');
}
