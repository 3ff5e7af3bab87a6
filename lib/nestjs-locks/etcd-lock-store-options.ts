import type { LockStore } from '../core/index.js';
import type { EtcdStoreOptions } from '../etcd/index.js';

/** Hosts and options of the `EtcdStore`, or a `client` of npm `etcd3`, or a `store` of yours. */
export type EtcdLockStoreOptions = (
  EtcdStoreOptions | { readonly store: LockStore }
) & {
  /**
   * Put before every key. In one namespace a key is one lock, whether it is taken here, by
   * `LockService` or with `etcdctl lock`.
   *
   * @default 'locks/'
   */
  readonly namespace?: string;
};
