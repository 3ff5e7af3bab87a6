import { StoreError, type StoreErrorReason } from '../core/index.js';
import { CallFailure, STATUS } from './call-failure.js';
import { WireError } from './wire/wire-error.js';

/** Whether the call that failed could have changed anything in etcd. */
export type Effect = 'none' | 'write';

/** What etcd, or its gRPC, says when it surely did nothing. */
const REFUSALS: readonly (readonly [string, StoreErrorReason])[] = [
  ['etcdserver: requested lease not found', 'lease-not-found'],
  ['etcdserver: permission denied', 'permission-denied'],
  ['etcdserver: invalid auth token', 'unauthenticated'],
  ['etcdserver: user name is empty', 'unauthenticated'],
  ['etcdserver: revision of auth store is old', 'unauthenticated'],
  ['etcdserver: authentication failed', 'unauthenticated'],
  ['etcdserver: no leader', 'unavailable'],
  ['etcdserver: not capable', 'unavailable'],
  ['etcdserver: rpc not supported for learner', 'unavailable'],
  ['etcdserver: too many requests', 'unavailable'],
  ['etcdserver: request is too large', 'too-large'],
  ['etcdserver: too many operations in txn request', 'too-large'],
  ['grpc: received message larger than max', 'too-large'],
  // What the gRPC of a user's own client says.
  ['Attempted to send message with a size larger than', 'too-large'],
  ['etcdserver: duplicate key given in txn request', 'invalid'],
  ['etcdserver: key is not provided', 'invalid'],
  ['etcdserver: too large lease TTL', 'invalid'],
  ['etcdserver: mvcc: required revision has been compacted', 'compacted'],
];

const REASON_OF_STATUS: ReadonlyMap<number, StoreErrorReason> = new Map([
  [STATUS.deadlineExceeded, 'timeout'],
  [STATUS.permissionDenied, 'permission-denied'],
  [STATUS.unavailable, 'unavailable'],
  [STATUS.unauthenticated, 'unauthenticated'],
]);

/** Says of whatever a call ended with why it failed and whether it may have taken effect. */
export function storeErrorOf(error: unknown, effect: Effect): StoreError {
  if (error instanceof StoreError) return error;
  const text = error instanceof Error ? error.message : String(error);
  const refusal = REFUSALS.find(([part]) => text.includes(part))?.[1];
  const certain =
    effect === 'none' ||
    refusal !== undefined ||
    (error instanceof CallFailure && !error.reached);
  return new StoreError(
    refusal ?? reasonOf(error, text),
    certain ? 'not-applied' : 'unknown',
    text,
    { cause: error },
  );
}

export function closedError(outcome: StoreError['outcome']): StoreError {
  return new StoreError('closed', outcome, 'the etcd store is closed');
}

function reasonOf(error: unknown, text: string): StoreErrorReason {
  // The member that crosses the quota answers so after it has applied the transaction.
  if (text.includes('etcdserver: mvcc: database space exceeded')) {
    return 'no-space';
  }
  if (text.includes('larger than max')) return 'too-large';
  // etcd gives up so, with the code UNKNOWN, when it finds no majority.
  if (text.includes('context deadline exceeded')) return 'timeout';
  if (error instanceof CallFailure) {
    // The connection ended, not the call.
    if (error.status === undefined) return 'unavailable';
    return REASON_OF_STATUS.get(error.status) ?? 'unknown';
  }
  return 'unknown';
}

/** A request that cannot be put into a message. */
export function unsendable(error: unknown): unknown {
  if (!(error instanceof WireError)) return error;
  return new StoreError('invalid', 'not-applied', error.message, {
    cause: error,
  });
}
