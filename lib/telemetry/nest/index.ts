export {
  instrumentLocks,
  publishLockEvents,
  type TelemetryOptions,
} from '../index.js';
export {
  EtcdLockTelemetryModule,
  type EtcdLockTelemetryModuleOptions,
} from './etcd-lock-telemetry.module.js';
