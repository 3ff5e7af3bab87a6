/**
 * The one door by which the other folders of this library reach what its users do not see. Nothing
 * here is promised to anybody outside.
 */
export {
  currentLock,
  lockInContext,
  runHolding,
} from './acquire/lock-context.js';
export { handleOf, isHandle, LockHandle } from './acquire/lock-handle.js';
export { translateStoreErrors } from './api/errors.js';
export { lockStateOf, queueOf } from './inspect/queue-state.js';
export { ticketPages } from './queue/ticket-pages.js';
export {
  ACQUIRE_OPTION_NAMES,
  checkAcquireOptions,
  metadataText,
  ttlMilliseconds,
} from './options/acquire-request.js';
export { checkedStore } from './options/checked-store.js';
export { checkedCallback } from './options/callbacks.js';
export { configuredDuration, milliseconds } from './options/duration.js';
export {
  ignoringErrors,
  isThenable,
  reportingErrors,
} from './options/ignoring-errors.js';
export { checkedKey, checkedKeys, encodeKey } from './options/key.js';
export {
  checkKnownOptions,
  choiceProblems,
  problemsOf,
  shown,
  typeName,
  typeProblems,
  unknownOptions,
} from './options/known-options.js';
export {
  checkedMaxKept,
  checkedNamespace,
} from './options/lock-client-options.js';
export { readTicket, signatureOf, writeTicket } from './queue/ticket.js';
export { onAbort } from './time/abort-listeners.js';
export { Backoff, systemRandom } from './time/backoff.js';
export { withTimeout } from './time/with-timeout.js';
