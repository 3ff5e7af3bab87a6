import { etcdctlBinary, etcdEnvironment } from './etcd-binary.js';
import { type HolderProgram, startHolder } from './holder-program.js';

/** A running `etcdctl lock`: somebody else's client, contending for the same etcd names. */
export type EtcdctlLock = HolderProgram;

export interface EtcdctlLockOptions {
  /** @default 10 */
  readonly ttlSeconds?: number;
  /** `name:password` */
  readonly user?: string;
  /** @default that of the etcd which the tests run on */
  readonly program?: string;
}

/** Starts `etcdctl lock <name>`, where `name` is what etcd sees: namespace and encoded key. */
export function etcdctlLock(
  endpoints: readonly string[],
  name: string,
  { ttlSeconds = 10, user, program }: EtcdctlLockOptions = {},
): EtcdctlLock {
  return startHolder(
    program ?? etcdctlBinary(),
    [
      `--endpoints=${endpoints.join(',')}`,
      ...(user === undefined ? [] : [`--user=${user}`]),
      'lock',
      `--ttl=${ttlSeconds}`,
      name,
    ],
    {
      env: etcdEnvironment({ ETCDCTL_API: '3' }),
      what: `etcdctl lock ${name}`,
    },
  );
}
