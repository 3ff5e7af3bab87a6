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

const OLDEST = { major: 3, minor: 4 };

/**
 * Runs both programs. Resolves with what is wrong with them, or `undefined` if nothing is.
 *
 * @param {EtcdPrograms} programs
 * @returns {Promise<string | undefined>}
 */
export async function problemWith({ etcd, etcdctl }) {
  return (
    (await problemOf(etcd, '--version', /^etcd version: (\S+)/im)) ??
    (await problemOf(etcdctl, 'version', /^etcdctl version: (\S+)/im))
  );
}

/** @param {string} path @param {string} argument @param {RegExp} pattern */
async function problemOf(path, argument, pattern) {
  const { code, output } = await run(path, [argument], {
    capture: true,
    timeoutMs: 10_000,
    env: { ...withoutEtcdSettings(), ETCDCTL_API: '3' },
  });
  const version = pattern.exec(output)?.[1];
  if (code !== 0 || !version) {
    const said = output.trim().split('\n')[0] || 'nothing';
    return `\`${path} ${argument}\` ended with code ${code} and said: ${said}`;
  }
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const recent =
    major > OLDEST.major || (major === OLDEST.major && minor >= OLDEST.minor);
  return recent
    ? undefined
    : `${path} is ${version}, older than ${OLDEST.major}.${OLDEST.minor}`;
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
