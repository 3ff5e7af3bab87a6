export { instrumentLocks, type TelemetryOptions } from './instrument-locks.js';
export { publishLockEvents } from './publish-lock-events.js';
