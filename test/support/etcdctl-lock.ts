import { spawn } from 'node:child_process';
import { etcdctlBinary, etcdEnvironment } from './etcd-binary.js';
import { ended, killAndWait, own } from './owned-process.js';
import { within } from './wait-until.js';

/** A running `etcdctl lock`: somebody else's client, contending for the same etcd names. */
export interface EtcdctlLock {
  readonly pid: number;
  /** Whether it has said that it holds the lock. */
  readonly held: boolean;
  /** Resolves, once it holds the lock, with the name of its key in etcd. */
  holds(timeoutMs?: number): Promise<string>;
  /** Ends it as Ctrl-C does, which gives the lock back; resolves when the process is gone. */
  release(): Promise<void>;
  /** SIGKILL: its key stays until its lease ends. */
  kill(): Promise<void>;
}

export interface EtcdctlLockOptions {
  /** @default 10 */
  readonly ttlSeconds?: number;
  /** `name:password` */
  readonly user?: string;
}

/** Starts `etcdctl lock <name>`, where `name` is what etcd sees: namespace and encoded key. */
export function etcdctlLock(
  endpoints: readonly string[],
  name: string,
  { ttlSeconds = 10, user }: EtcdctlLockOptions = {},
): EtcdctlLock {
  const child = spawn(
    etcdctlBinary(),
    [
      `--endpoints=${endpoints.join(',')}`,
      ...(user === undefined ? [] : [`--user=${user}`]),
      'lock',
      `--ttl=${ttlSeconds}`,
      name,
    ],
    {
      env: etcdEnvironment({ ETCDCTL_API: '3' }),
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  );
  own(child);
  let said = '';
  let complained = '';
  let held = false;
  const holding = new Promise<string>((resolve, reject) => {
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      said += text;
      const end = said.indexOf('\n');
      if (end < 0) return;
      held = true;
      resolve(said.slice(0, end));
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      complained += text;
    });
    child.once('error', reject);
    child.once('close', () =>
      reject(
        new Error(`etcdctl lock ${name} ended first. ${complained.trim()}`),
      ),
    );
  });
  // Only whoever asks `holds()` is to hear of the rejection.
  holding.catch(() => {});
  return {
    get pid() {
      return child.pid!;
    },
    get held() {
      return held;
    },
    holds: (timeoutMs) => within(holding, `etcdctl to hold ${name}`, timeoutMs),
    async release() {
      const end = ended(child);
      child.kill('SIGINT');
      await within(end, `etcdctl to release ${name}`);
      held = false;
    },
    async kill() {
      await killAndWait(child);
      held = false;
    },
  };
}
