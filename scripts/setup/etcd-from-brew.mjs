import { join } from 'node:path';
import { run, runOrThrow } from '../child.mjs';
import { findOnPath } from './etcd-programs.mjs';

export async function canUseBrew() {
  return process.platform === 'darwin' && Boolean(await findOnPath('brew'));
}

/**
 * Has Homebrew install etcd, which starts no service.
 *
 * @returns {Promise<import('./etcd-programs.mjs').EtcdPrograms>}
 */
export async function installWithBrew() {
  await run('brew', ['install', 'etcd']);
  const prefix = await runOrThrow('brew', ['--prefix', 'etcd']);
  const bin = join(prefix.trim(), 'bin');
  return { etcd: join(bin, 'etcd'), etcdctl: join(bin, 'etcdctl') };
}
