import { ensureProgram, findProgram } from './debian-program.mjs';

/** @type {import('./debian-program.mjs').Program} */
const MARIADB = {
  title: 'MariaDB',
  variable: 'MARIADBD_BIN',
  command: 'mariadbd',
  greeting: 'MariaDB',
  packages: [
    ['mariadb-server-core', 'libaio1', 'libnuma1', 'liburing2'],
    ['mariadb-server-core', 'libaio1t64', 'libnuma1', 'liburing2'],
  ],
  path: 'usr/sbin/mariadbd',
  data: 'usr/share/mysql',
  dataOption: '--lc-messages-dir',
};

/**
 * Finds mariadbd, for the tests of fences in SQL, as {@link ensureProgram} does.
 *
 * @param {Parameters<typeof ensureProgram>[1]} [options]
 */
export function ensureMariadb(options) {
  return ensureProgram(MARIADB, options);
}

/** @param {Parameters<typeof findProgram>[1]} [options] */
export function findMariadb(options) {
  return findProgram(MARIADB, options);
}
