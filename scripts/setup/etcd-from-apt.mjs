import { join } from 'node:path';
import { unpackPackages } from './apt-packages.mjs';

// The second is from before the server and the client were packages of their own.
const PACKAGES = [['etcd-server', 'etcd-client'], ['etcd']];

/**
 * @param {string} directory
 * @returns {Promise<import('./etcd-programs.mjs').EtcdPrograms>}
 */
export async function fetchWithApt(directory) {
  const unpacked = await unpackPackages(PACKAGES, directory);
  return {
    etcd: join(unpacked, 'usr/bin/etcd'),
    etcdctl: join(unpacked, 'usr/bin/etcdctl'),
  };
}
