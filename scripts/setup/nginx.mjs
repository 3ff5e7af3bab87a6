import { ensureProgram, findProgram } from './debian-program.mjs';

/** @type {import('./debian-program.mjs').Program} */
const NGINX = {
  title: 'nginx',
  variable: 'NGINX_BIN',
  command: 'nginx',
  greeting: 'nginx version',
  versionOption: '-v',
  packages: [['nginx', 'libpcre2-8-0']],
  path: 'usr/sbin/nginx',
};

/**
 * Finds nginx, for the tests of a proxy before etcd, as {@link ensureProgram} does.
 *
 * @param {Parameters<typeof ensureProgram>[1]} [options]
 */
export function ensureNginx(options) {
  return ensureProgram(NGINX, options);
}

/** @param {Parameters<typeof findProgram>[1]} [options] */
export function findNginx(options) {
  return findProgram(NGINX, options);
}
