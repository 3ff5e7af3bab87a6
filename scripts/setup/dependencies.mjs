import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { run } from '../child.mjs';
import { Failure } from '../failure.mjs';
import { root as repository } from '../repository.mjs';

/**
 * @typedef {object} LockedPackage
 * @property {string} [version]
 * @property {string} [integrity]
 * @property {boolean} [optional]
 * @property {boolean} [peer]
 * @property {string[]} [os]
 * @property {string[]} [cpu]
 */

/**
 * Installs what package-lock.json says, unless it is installed already.
 *
 * @param {string} [root]
 */
export async function ensureDependencies(root = repository) {
  const stale = await staleness(root);
  if (!stale) return;
  const count = Object.keys((await packagesOf(lockOf(root))) ?? {}).length;
  console.log(`Installing dependencies (${stale}): up to ${count} packages.`);
  const npm = npmCommand();
  const { code } = await run(
    npm.command,
    [...npm.args, 'ci', '--no-audit', '--no-fund'],
    { cwd: root },
  );
  if (code !== 0) {
    throw new Failure(
      `npm ci failed with code ${code}. If package.json and package-lock.json disagree, run: npm install`,
    );
  }
}

/**
 * Why node_modules does not match package-lock.json, or `undefined` when it does.
 *
 * It compares with the record that npm writes when an installation is complete, so an interrupted
 * one counts as missing, and touching a file changes nothing.
 *
 * @param {string} root
 * @returns {Promise<string | undefined>}
 */
export async function staleness(root) {
  const installed = await packagesOf(
    join(root, 'node_modules', '.package-lock.json'),
  );
  if (!installed) return 'none are installed';
  const locked = await packagesOf(lockOf(root));
  if (!locked) throw new Failure('package-lock.json is missing or broken.');

  for (const [path, wanted] of Object.entries(locked)) {
    if (path === '') continue;
    const found = installed[path];
    if (!found) {
      // npm leaves out optional packages that are for other machines.
      if (wanted.optional || wanted.peer) continue;
      return `${path} is missing`;
    }
    if (
      found.version !== wanted.version ||
      found.integrity !== wanted.integrity
    ) {
      return `${path} is not version ${wanted.version}`;
    }
  }
  for (const [path, found] of Object.entries(installed)) {
    if (!(path in locked)) return `${path} is not in package-lock.json`;
    if (!isForHere(found)) return `${path} is for another kind of machine`;
  }
  return undefined;
}

/** @param {string} root */
function lockOf(root) {
  return join(root, 'package-lock.json');
}

/** @param {LockedPackage} found */
function isForHere({ os, cpu }) {
  return (
    (!os || os.includes(process.platform)) &&
    (!cpu || cpu.includes(process.arch))
  );
}

/**
 * @param {string} file
 * @returns {Promise<Record<string, LockedPackage> | undefined>}
 */
async function packagesOf(file) {
  try {
    return JSON.parse(await readFile(file, 'utf8')).packages;
  } catch {
    return undefined;
  }
}

/** npm as it runs this script, or as it is on the PATH. */
export function npmCommand() {
  const cli = process.env['npm_execpath'];
  return cli?.endsWith('npm-cli.js')
    ? { command: process.execPath, args: [cli] }
    : { command: process.platform === 'win32' ? 'npm.cmd' : 'npm', args: [] };
}
