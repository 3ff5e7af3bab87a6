import { execFile, execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { etcdctlBinary, etcdEnvironment } from './etcd-binary.js';

const run = promisify(execFile);

/** From 3.5 on restoring is a matter of etcdutl; etcd 3.6's etcdctl no longer knows it. */
function restorer(): string {
  const etcdutl = join(dirname(etcdctlBinary()), 'etcdutl');
  return existsSync(etcdutl) ? etcdutl : etcdctlBinary();
}

const environment = () => etcdEnvironment({ ETCDCTL_API: '3' });

/** Whether this version can restore with a revision that is set forward. */
export function bumpsRevision(): boolean {
  const help = execFileSync(restorer(), ['snapshot', 'restore', '--help'], {
    env: environment(),
  });
  return help.includes('--bump-revision');
}

/** Up to where a backup knows what has happened. */
export async function revisionOfBackup(backup: string): Promise<bigint> {
  const args = ['snapshot', 'status', backup, '--write-out=json'];
  const { stdout } = await run(restorer(), args, { env: environment() });
  const { revision } = JSON.parse(stdout) as { revision: number };
  return BigInt(revision);
}

/** Makes the data directory of a member from a backup that `etcdctl snapshot save` has written. */
export async function restoreBackup(
  backup: string,
  member: {
    readonly name: string;
    readonly dataDirectory: string;
    readonly peerUrl: string;
    readonly cluster: string;
  },
  flags: readonly string[],
): Promise<void> {
  const { name, dataDirectory, peerUrl, cluster } = member;
  await run(
    restorer(),
    [
      'snapshot',
      'restore',
      backup,
      `--name=${name}`,
      `--data-dir=${dataDirectory}`,
      `--initial-cluster=${cluster}`,
      `--initial-advertise-peer-urls=${peerUrl}`,
      ...flags,
    ],
    { env: environment() },
  );
}
