export type {
  ClusterSurvey,
  HostSurvey,
  SilentHost,
} from './cluster-survey.js';
export { EtcdStore } from './etcd-store.js';
export type {
  EtcdClientOptions,
  EtcdHostsOptions,
  EtcdStoreOptions,
} from './etcd-store-options.js';
export {
  type Preflight,
  preflight,
  type PreflightOptions,
} from './preflight/preflight.js';
export type {
  PreflightCode,
  PreflightWarning,
} from './preflight/preflight-warning.js';
