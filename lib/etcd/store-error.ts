import { type ServiceError, status } from '@grpc/grpc-js';
import { ClientClosedError } from 'etcd3';
import { StoreError, type StoreErrorReason } from '../core/index.js';

/** Whether the call that failed could have changed anything in etcd. */
export type Effect = 'none' | 'write';

/** What etcd, or gRPC on its way there, says when it surely did nothing. */
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
  ['Attempted to send message with a size larger than', 'too-large'],
  ['etcdserver: duplicate key given in txn request', 'invalid'],
  ['etcdserver: key is not provided', 'invalid'],
  ['etcdserver: too large lease TTL', 'invalid'],
  ['etcdserver: mvcc: required revision has been compacted', 'compacted'],
  ['No connection established', 'unavailable'],
  ['Name resolution failed', 'unavailable'],
  ['Failed to parse DNS address', 'unavailable'],
  ['Channel closed before call started', 'unavailable'],
  ['Stream refused by server', 'unavailable'],
];

const REASON_OF_CODE: ReadonlyMap<number, StoreErrorReason> = new Map([
  [status.DEADLINE_EXCEEDED, 'timeout'],
  [status.PERMISSION_DENIED, 'permission-denied'],
  [status.UNAVAILABLE, 'unavailable'],
  [status.UNAUTHENTICATED, 'unauthenticated'],
]);

/** Says of a call that was handed to gRPC why it failed and whether it may have taken effect. */
export function storeErrorOf(error: unknown, effect: Effect): StoreError {
  if (error instanceof StoreError) return error;
  const text = textOf(error);
  const code = (error as Partial<ServiceError>).code;
  const refusal = REFUSALS.find(([part]) => text.includes(part))?.[1];
  const certain =
    effect === 'none' || refusal !== undefined || neverSent(code, text);
  return new StoreError(
    refusal ?? reasonOf(code, text),
    certain ? 'not-applied' : 'unknown',
    text,
    { cause: error },
  );
}

/** The same for what failed before anything was handed to gRPC. */
export function notSent(error: unknown): StoreError {
  if (error instanceof ClientClosedError) {
    return new StoreError(
      'closed',
      'not-applied',
      'the Etcd3 client is closed',
      { cause: error },
    );
  }
  const known = storeErrorOf(error, 'none');
  if (known.reason !== 'unknown') return known;
  return new StoreError('unavailable', 'not-applied', known.message, {
    cause: error,
  });
}

export function closedError(outcome: StoreError['outcome']): StoreError {
  return new StoreError('closed', outcome, 'the etcd store is closed');
}

function reasonOf(code: unknown, text: string): StoreErrorReason {
  // The member that crosses the quota answers so after it has applied the transaction.
  if (text.includes('etcdserver: mvcc: database space exceeded')) {
    return 'no-space';
  }
  if (text.includes('larger than max')) return 'too-large';
  // etcd gives up so, with the code UNKNOWN, when it finds no majority.
  if (text.includes('context deadline exceeded')) return 'timeout';
  return (
    (typeof code === 'number' ? REASON_OF_CODE.get(code) : undefined) ??
    'unknown'
  );
}

/** gRPC tells how far a call got whose time ran out. */
function neverSent(code: unknown, text: string): boolean {
  return (
    code === status.DEADLINE_EXCEEDED &&
    /waiting for (name resolution|metadata filters|LB pick)/i.test(text) &&
    !text.includes('previous attempts')
  );
}

function textOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { details } = error as Partial<ServiceError>;
  return details || error.message;
}
