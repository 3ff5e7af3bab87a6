import { ensureProgram, findProgram } from './debian-program.mjs';

/** @type {import('./debian-program.mjs').Program} */
const REDIS = {
  title: 'Redis',
  variable: 'REDIS_BIN',
  command: 'redis-server',
  greeting: 'Redis server',
  packages: [
    ['redis-server', 'redis-tools', 'libjemalloc2', 'liblzf1', 'libatomic1'],
  ],
  // Of the package redis-tools.
  path: 'usr/bin/redis-server',
};

/**
 * Finds redis-server, for the tests of queues, as {@link ensureProgram} does.
 *
 * @param {Parameters<typeof ensureProgram>[1]} [options]
 */
export function ensureRedis(options) {
  return ensureProgram(REDIS, options);
}

/** @param {Parameters<typeof findProgram>[1]} [options] */
export function findRedis(options) {
  return findProgram(REDIS, options);
}
