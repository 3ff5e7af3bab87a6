import { join } from 'node:path';
import { run, runOrThrow } from '../child.mjs';
import { findOnPath } from './etcd-programs.mjs';

const IMAGE = 'quay.io/coreos/etcd:v3.5.21';

/** The image holds programs for Linux, which nothing but Linux runs without a container. */
export async function canUseDocker() {
  if (process.platform !== 'linux' || !(await findOnPath('docker'))) {
    return false;
  }
  const info = await run('docker', ['info'], {
    capture: true,
    timeoutMs: 20_000,
  });
  return info.code === 0;
}

/**
 * Copies the programs out of etcd's image, to run as plain processes: a container would not feel
 * the signals that the demo and the tests send, and could outlive them.
 *
 * @param {string} directory
 * @returns {Promise<import('./etcd-programs.mjs').EtcdPrograms>}
 */
export async function fetchWithDocker(directory) {
  await runOrThrow('docker', ['pull', '--quiet', IMAGE]);
  const created = await runOrThrow('docker', ['create', IMAGE]);
  const container = created.trim();
  const etcd = join(directory, 'etcd');
  const etcdctl = join(directory, 'etcdctl');
  const bin = `${container}:/usr/local/bin`;
  try {
    await runOrThrow('docker', ['cp', `${bin}/etcd`, etcd]);
    await runOrThrow('docker', ['cp', `${bin}/etcdctl`, etcdctl]);
  } finally {
    await run('docker', ['rm', container], { capture: true });
  }
  return { etcd, etcdctl };
}
