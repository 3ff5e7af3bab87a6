import { spawn } from 'node:child_process';
import { etcdctlBinary, etcdEnvironment } from '../../support/etcd-binary.js';
import { ended, own } from '../../support/owned-process.js';
import { within } from '../../support/wait-until.js';

/** A running `etcdctl elect`: somebody else's client, in the same elections. */
export interface EtcdctlElect {
  /** What it printed: pairs of the leader's key and its value. */
  readonly lines: readonly string[];
  /** Ends it as Ctrl-C does; a leader resigns. Resolves when the process is gone. */
  end(): Promise<void>;
}

/** Starts `etcdctl elect <args>`. */
export function etcdctlElect(
  endpoints: readonly string[],
  ...args: readonly string[]
): EtcdctlElect {
  const child = spawn(
    etcdctlBinary(),
    [`--endpoints=${endpoints.join(',')}`, 'elect', ...args],
    {
      env: etcdEnvironment({ ETCDCTL_API: '3' }),
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  own(child);
  let printed = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    printed += text;
  });
  return {
    get lines() {
      return printed.split('\n').slice(0, -1);
    },
    async end() {
      const end = ended(child);
      child.kill('SIGINT');
      await within(end, 'etcdctl elect to end');
    },
  };
}
