export {
  type Clock,
  type Instant,
  elapsedBetween,
  systemClock,
} from './clock.js';
export type { Duration } from './duration.js';
export {
  isLockError,
  LockBusyError,
  LockClosedError,
  LockConfigurationError,
  LockConflictError,
  LockError,
  type LockErrorCode,
  LockLostError,
  LockNotHeldError,
  LockStoreError,
  LockTimeoutError,
  type LostReason,
  StaleTokenError,
} from './errors.js';
export type {
  AcquireOptions,
  Lock,
  LockKey,
  LockMetadata,
  TryAcquireOptions,
} from './lock.js';
export { LockClient } from './lock-client.js';
export type { LockClientOptions } from './lock-client-options.js';
export type { CallEvent, LockEvent, LockListener } from './lock-events.js';
export type { LockWatcher as LockFollower } from './lock-watcher.js';
export type { LockState, TicketState } from './lock-state.js';
export type { SessionState } from './session-state.js';
export {
  type CallOptions,
  type Comparison,
  type GrantedLease,
  type KeyRange,
  type LeaseId,
  type LockStore,
  type Operation,
  type OperationReply,
  prefixRange,
  type RangeOperation,
  type RangeReply,
  type Revision,
  type StoredKey,
  StoreError,
  type StoreErrorReason,
  type Transaction,
  type TransactionReply,
  type Watch,
  type WatchEvent,
  type WatchListener,
} from './lock-store.js';
