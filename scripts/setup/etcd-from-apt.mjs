import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import {
  downloadFrom,
  offered,
  renewedLists,
  unpackAll,
} from './apt-packages.mjs';
import { showGrowth } from '../progress.mjs';
import { listsOfSuite } from './apt-suites.mjs';
import { problemWith } from './etcd-programs.mjs';

// The second is from before the server and the client were packages of their own.
const PACKAGES = [['etcd-server', 'etcd-client'], ['etcd']];

/**
 * Suites of Debian and of Ubuntu that may have another etcd than the system's own. An archive
 * knows some of these names and no others.
 */
const OTHER_SUITES = {
  newer: ['testing', 'trixie', 'devel'],
  older: ['bookworm', 'noble'],
};

/** Whether a version will do. @typedef {(version: string) => boolean} Fits */

/**
 * Fetches etcd as packages: the system's own, or those of another suite, whose version `fits`.
 *
 * @param {Fits} fits
 * @param {keyof typeof OTHER_SUITES} [others] suites to ask when the system's own does not fit
 */
export function fetchWithApt(fits, others) {
  /**
   * @param {string} directory
   * @returns {Promise<import('./etcd-programs.mjs').EtcdPrograms>}
   */
  return async (directory) => {
    /** @type {string[]} */
    const seen = [];
    const places = [
      { name: 'this system', lists: () => systemLists(directory) },
      ...(others ? OTHER_SUITES[others] : []).map((suite) => ({
        name: suite,
        lists: () => listsOfSuite(suite, directory),
      })),
    ];
    for (const { name, lists } of places) {
      const options = await lists().catch((error) => {
        seen.push(`${name} cannot be read: ${error.message.split('\n')[0]}`);
      });
      const offer = options && (await offerOf(options, directory));
      if (!offer) continue;
      if (!fits(offer.version)) {
        seen.push(`${name} has ${offer.version}`);
        continue;
      }
      const { version, bytes } = offer;
      const size = Math.round(bytes / 1e6);
      console.log(
        `etcd ${version} of ${name}: ${size} MB, kept for the next time.`,
      );
      const own = join(directory, name.replaceAll(' ', '-'));
      const programs = await unpackInto(own, options, offer);
      const problem = await problemWith(programs);
      if (!problem) return programs;
      seen.push(`${name}: ${problem}`);
    }
    throw new Error(seen.join(', ') || 'no package of that name was found');
  };
}

/**
 * @param {string} directory
 * @param {readonly string[]} options of apt
 * @param {{ packages: readonly string[], bytes: number }} offer
 */
async function unpackInto(directory, options, { packages, bytes }) {
  await mkdir(directory, { recursive: true });
  await showGrowth({ title: 'etcd', directory, bytes }, () =>
    downloadFrom(options, packages, directory).catch(async (error) => {
      if (options.length > 0) throw error;
      // The machine's lists are older than what there is to fetch.
      const renewed = await renewedLists(directory);
      await downloadFrom(renewed, packages, directory);
    }),
  );
  const unpacked = await unpackAll(directory, directory);
  const bin = join(unpacked, 'usr/bin');
  return {
    etcd: join(bin, 'etcd'),
    etcdctl: join(bin, 'etcdctl'),
    etcdutl: join(bin, 'etcdutl'),
  };
}

/** The machine's own, unless they are missing: only root could renew those. @param {string} directory */
async function systemLists(directory) {
  return (await offerOf([], directory)) ? [] : renewedLists(directory);
}

/** @param {readonly string[]} options of apt @param {string} directory */
async function offerOf(options, directory) {
  for (const packages of PACKAGES) {
    const offer = await offered(options, packages, directory);
    if (offer) return { ...offer, packages };
  }
  return undefined;
}
