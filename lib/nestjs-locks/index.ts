export { EtcdLockStore } from './etcd-lock-store.js';
export type { EtcdLockStoreOptions } from './etcd-lock-store-options.js';
export type { LockAcquireResult } from './lock-acquire-result.js';
