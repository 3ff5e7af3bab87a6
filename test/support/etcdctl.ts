import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { etcdctlBinary, etcdEnvironment } from './etcd-binary.js';

export interface EtcdctlOptions {
  readonly env?: Readonly<Record<string, string>>;
  /** @default 30_000 */
  readonly timeoutMs?: number;
}

const run = promisify(execFile);

/** Runs etcdctl to its end and resolves with its standard output. */
export async function runEtcdctl(
  endpoints: readonly string[],
  args: readonly string[],
  { env = {}, timeoutMs = 30_000 }: EtcdctlOptions = {},
): Promise<string> {
  const { stdout } = await run(
    etcdctlBinary(),
    [`--endpoints=${endpoints.join(',')}`, ...args],
    {
      env: etcdEnvironment({ ETCDCTL_API: '3', ...env }),
      timeout: timeoutMs,
      killSignal: 'SIGKILL',
    },
  );
  return stdout;
}
