export { EtcdStore } from './etcd-store.js';
export type {
  EtcdClientOptions,
  EtcdHostsOptions,
  EtcdStoreOptions,
} from './etcd-store-options.js';
