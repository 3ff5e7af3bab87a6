export {
  type Clock,
  type Instant,
  elapsedBetween,
  systemClock,
} from './time/clock.js';
export type { JsonOf } from './api/json.js';
export type { Duration } from './api/lock.js';
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
} from './api/errors.js';
export type {
  AcquireOptions,
  Lock,
  LockJson,
  LockKey,
  LockMetadata,
  TryAcquireOptions,
} from './api/lock.js';
export { LockClient } from './acquire/lock-client.js';
export type { LockClientOptions } from './options/lock-client-options.js';
export {
  type CallEvent,
  LOCK_EVENT_TYPES,
  type LockEvent,
  type LockListener,
} from './api/lock-events.js';
export type { LockWatcher } from './api/lock-state.js';
export type { LockState, TicketState } from './api/lock-state.js';
export type { SessionState } from './api/session-state.js';
export {
  type AttachedKeys,
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
  type WatchOptions,
} from './store/lock-store.js';
