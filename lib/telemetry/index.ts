export {
  EtcdLockTelemetryModule,
  type EtcdLockTelemetryModuleOptions,
} from './etcd-lock-telemetry.module.js';
export { instrumentLocks, type TelemetryOptions } from './instrument-locks.js';
export { publishLockEvents } from './publish-lock-events.js';
