import { ensureProgram, findProgram } from './debian-program.mjs';

/** @type {import('./debian-program.mjs').Program} */
const PROMETHEUS = {
  title: 'Prometheus',
  variable: 'PROMETHEUS_BIN',
  command: 'prometheus',
  greeting: 'prometheus, version',
  packages: [['prometheus']],
  path: 'usr/bin/prometheus',
};

/**
 * Finds Prometheus, for the tests of metrics, as {@link ensureProgram} does.
 *
 * @param {Parameters<typeof ensureProgram>[1]} [options]
 */
export function ensurePrometheus(options) {
  return ensureProgram(PROMETHEUS, options);
}

/** @param {Parameters<typeof findProgram>[1]} [options] */
export function findPrometheus(options) {
  return findProgram(PROMETHEUS, options);
}
