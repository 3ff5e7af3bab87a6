import { access, constants } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { run } from '../child.mjs';

/**
 * etcd and etcdctl as paths that can be run.
 *
 * @typedef {object} EtcdPrograms
 * @property {string} etcd
 * @property {string} etcdctl
 */

const OLDEST = '3.4';

/**
 * Runs both programs. Resolves with what is wrong with them, or `undefined` if nothing is.
 *
 * @param {EtcdPrograms} programs
 * @param {string} [series] such as 3.6; any that will do if left out
 * @returns {Promise<string | undefined>}
 */
export async function problemWith({ etcd, etcdctl }, series) {
  return (
    (await problemOf(etcd, '--version', series)) ??
    (await problemOf(etcdctl, 'version', series))
  );
}

/** @param {string} program @param {string} argument @param {string} [series] */
async function problemOf(program, argument, series) {
  const { version, problem } = await versionOf(program, argument);
  if (problem) return problem;
  if (isOlder(version, OLDEST)) {
    return `${program} is ${version}, older than ${OLDEST}`;
  }
  return series && seriesOf(version) !== series
    ? `${program} is ${version}, not ${series}`
    : undefined;
}

/**
 * @param {string} program etcd or etcdctl
 * @param {string} [argument] that has it say its version
 * @returns {Promise<{ version: string, problem?: string }>}
 */
export async function versionOf(program, argument = '--version') {
  const { code, output } = await run(program, [argument], {
    capture: true,
    timeoutMs: 10_000,
    env: { ...withoutEtcdSettings(), ETCDCTL_API: '3' },
  });
  const version = /^etcd(?:ctl)? version: (\S+)/im.exec(output)?.[1];
  if (code === 0 && version) return { version };
  const said = output.trim().split('\n')[0] || 'nothing';
  const problem = `\`${program} ${argument}\` ended with code ${code} and said: ${said}`;
  return { version: '', problem };
}

/** The series of a version: 3.5 of 3.5.30-2. @param {string} version */
export function seriesOf(version) {
  return version.split('.', 2).join('.');
}

/** @param {string} version @param {string} series */
export function isOlder(version, series) {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const [thanMajor = 0, thanMinor = 0] = series.split('.').map(Number);
  return major < thanMajor || (major === thanMajor && minor < thanMinor);
}

/** etcd reads its settings from variables of this form, and complains of those it does not know. */
function withoutEtcdSettings() {
  return Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/^ETCD(CTL)?_/.test(name)),
  );
}

/**
 * The path of a command on the PATH.
 *
 * @param {string} command
 * @param {string | undefined} path
 * @returns {Promise<string | undefined>}
 */
export async function findOnPath(command, path = process.env['PATH']) {
  for (const directory of (path ?? '').split(delimiter)) {
    const candidate = join(directory, command);
    if (directory && (await isExecutable(candidate))) return candidate;
  }
  return undefined;
}

/** @param {string} path */
export async function isExecutable(path) {
  try {
    await access(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
