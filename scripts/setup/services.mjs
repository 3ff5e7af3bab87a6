import { report } from '../failure.mjs';
import { ensureChromium, findChromium } from './chromium.mjs';
import { ensureMariadb, findMariadb } from './mariadb.mjs';
import { ensureNginx, findNginx } from './nginx.mjs';
import { ensurePrometheus, findPrometheus } from './prometheus.mjs';
import { ensureRedis, findRedis } from './redis.mjs';

/**
 * Programs other than etcd that tests start.
 *
 * @typedef {object} Service
 * @property {string} title
 * @property {string} size what is fetched where it is missing
 * @property {() => Promise<string | undefined>} find
 * @property {() => Promise<string>} ensure
 */

/** @type {readonly Service[]} */
const SERVICES = [
  {
    title: 'Chromium',
    size: '80 to 250 MB, by how many of its libraries are here',
    find: findChromium,
    ensure: ensureChromium,
  },
  {
    title: 'Prometheus',
    size: '19 MB',
    find: findPrometheus,
    ensure: ensurePrometheus,
  },
  { title: 'MariaDB', size: '8 MB', find: findMariadb, ensure: ensureMariadb },
  { title: 'Redis', size: '1.5 MB', find: findRedis, ensure: ensureRedis },
  { title: 'nginx', size: '0.8 MB', find: findNginx, ensure: ensureNginx },
];

/**
 * Says which of them are here and what will be fetched, then fetches it. What cannot be had is
 * reported, and left to fail to the tests that need it.
 *
 * @param {readonly Service[]} services
 */
export async function ensureServices(services = SERVICES) {
  /** @type {Service[]} */
  const missing = [];
  for (const service of services) {
    const path = await service.find();
    if (!path) missing.push(service);
    const place = path ?? `to be fetched: ${service.size}, kept in .cache`;
    console.log(`${service.title}: ${place}`);
  }
  for (const { ensure } of missing) {
    try {
      await ensure();
    } catch (error) {
      report(error);
    }
  }
}
