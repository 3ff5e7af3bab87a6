export {
  MemoryCluster,
  type MemoryClusterBackup,
  type MemoryClusterOptions,
} from './memory-cluster.js';
export { MemoryStore, type MemoryStoreOptions } from './memory-store.js';
