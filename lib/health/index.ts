export { EtcdLockHealthIndicator } from './etcd-lock-health-indicator.js';
export type {
  LockHealth,
  LockHealthOptions,
  LockHealthResult,
} from './lock-health.js';
