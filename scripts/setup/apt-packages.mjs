import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { runOrThrow } from '../child.mjs';
import { findOnPath } from './etcd-programs.mjs';

/** Sets of packages, any one of which will do. @typedef {string[][]} Alternatives */

/** Whether packages of Debian and its descendants can be downloaded and unpacked here. */
export async function canUseApt() {
  return Boolean(
    (await findOnPath('apt-get')) && (await findOnPath('dpkg-deb')),
  );
}

/**
 * Downloads the packages and unpacks them into a folder in `directory`. Nothing is installed, no
 * service is started and nothing is written elsewhere, so no rights are needed but to that
 * directory.
 *
 * @param {Alternatives} alternatives
 * @param {string} directory
 * @returns {Promise<string>} the root of what the packages hold
 */
export async function unpackPackages(alternatives, directory) {
  await download(alternatives, directory);
  return unpackAll(directory, directory);
}

/**
 * As {@link unpackPackages}, with everything that the packages depend on and this machine does not
 * have.
 *
 * @param {string[]} names
 * @param {string} directory
 * @returns {Promise<string>} the root of what the packages hold
 */
export async function unpackWithDependencies(names, directory) {
  const archives = join(directory, 'archives');
  await mkdir(join(archives, 'partial'), { recursive: true });
  const install = [
    ...['install', '--download-only', '--yes', '--no-install-recommends'],
    ...[`-oDir::Cache::archives=${archives}`, '-oDebug::NoLocking=1'],
    ...names,
  ];
  try {
    await apt(install, directory);
  } catch {
    const lists = await renewedLists(directory);
    await apt([...lists, ...install], directory);
  }
  return unpackAll(archives, directory);
}

/** @param {string} packages a folder @param {string} directory */
export async function unpackAll(packages, directory) {
  const unpacked = join(directory, 'unpacked');
  for (const name of await readdir(packages)) {
    if (name.endsWith('.deb')) {
      await runOrThrow('dpkg-deb', ['-x', join(packages, name), unpacked]);
    }
  }
  return unpacked;
}

/** @param {Alternatives} alternatives @param {string} directory */
async function download(alternatives, directory) {
  try {
    return await downloadWith([], alternatives, directory);
  } catch {
    // The machine's own lists are missing or out of date, and only root could renew them.
    const lists = await renewedLists(directory);
    return await downloadWith(lists, alternatives, directory);
  }
}

/** @param {string[]} options @param {Alternatives} alternatives @param {string} directory */
async function downloadWith(options, alternatives, directory) {
  let firstError;
  for (const packages of alternatives) {
    try {
      return await apt([...options, 'download', ...packages], directory);
    } catch (error) {
      firstError ??= error;
    }
  }
  throw firstError;
}

/**
 * What apt would download for packages, or undefined where it knows none of that name.
 *
 * @param {readonly string[]} options of apt
 * @param {readonly string[]} packages the version is that of the first
 * @param {string} directory
 * @returns {Promise<{ version: string, bytes: number } | undefined>}
 */
export async function offered(options, packages, directory) {
  let output;
  try {
    output = await apt(
      [...options, 'download', '--print-uris', ...packages],
      directory,
    );
  } catch {
    return undefined;
  }
  // 'address' name_version_architecture.deb bytes checksum
  const lines = [...output.matchAll(/^'\S+' (\S+)_(\S+)_\S+ (\d+)/gm)];
  const version = lines.find(([, name]) => name === packages[0])?.[2];
  if (!version) return undefined;
  const bytes = lines.reduce((sum, [, , , size]) => sum + Number(size), 0);
  return { version: decodeURIComponent(version), bytes };
}

/**
 * Downloads packages with the lists that `options` name.
 *
 * @param {readonly string[]} options of apt
 * @param {readonly string[]} packages
 * @param {string} directory
 */
export async function downloadFrom(options, packages, directory) {
  await apt([...options, 'download', ...packages], directory);
}

/**
 * Options with which apt knows the packages of the system's sources, by lists under `directory`.
 *
 * @param {string} directory
 */
export async function renewedLists(directory) {
  const lists = await privateLists(directory);
  await apt([...lists, 'update'], directory);
  return lists;
}

/**
 * Options that make apt keep its package lists under `directory`; signatures are checked as ever.
 *
 * @param {string} directory
 */
export async function privateLists(directory) {
  const state = join(directory, 'apt', 'state');
  const cache = join(directory, 'apt', 'cache');
  await mkdir(join(state, 'lists', 'partial'), { recursive: true });
  await mkdir(join(cache, 'archives', 'partial'), { recursive: true });
  return [
    `-oDir::State=${state}`,
    `-oDir::State::lists=${join(state, 'lists')}`,
    '-oDir::State::status=/var/lib/dpkg/status',
    `-oDir::Cache=${cache}`,
  ];
}

/** Runs apt-get. @param {string[]} args @param {string} directory */
export function apt(args, directory) {
  // apt gives root's downloads to a user of its own, who may not be let into `directory`.
  const asRoot = process.getuid?.() === 0 ? ['-oAPT::Sandbox::User=root'] : [];
  return runOrThrow('apt-get', ['--quiet', ...asRoot, ...args], {
    cwd: directory,
    env: {
      ...process.env,
      // It calls programs of the system, which a PATH for Node and npm may not have.
      PATH: `${process.env['PATH']}:/usr/sbin:/usr/bin:/sbin:/bin`,
      LC_ALL: 'C',
      DEBIAN_FRONTEND: 'noninteractive',
    },
  });
}
