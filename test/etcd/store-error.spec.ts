import { Metadata, type ServiceError, status } from '@grpc/grpc-js';
import { describe, expect, it } from 'vitest';
import { storeErrorOf } from '../../lib/etcd/store-error.js';

function grpcError(code: status, details: string): ServiceError {
  const fields = { code, details, metadata: new Metadata() };
  return Object.assign(new Error(`${code} ${details}`), fields);
}

// What a test cannot bring about with a real server at will.
describe('an error of gRPC', () => {
  const { UNAVAILABLE, UNKNOWN, DEADLINE_EXCEEDED, INTERNAL, CANCELLED } =
    status;
  const cases = [
    [UNAVAILABLE, 'Name resolution failed for target dns:x', 'not-applied'],
    [UNAVAILABLE, 'Channel closed before call started', 'not-applied'],
    [UNAVAILABLE, 'Stream refused by server', 'not-applied'],
    [UNAVAILABLE, 'etcdserver: too many requests', 'not-applied'],
    [UNAVAILABLE, 'etcdserver: leader changed', 'unknown'],
    [UNAVAILABLE, 'etcdserver: server stopped', 'unknown'],
    [
      UNAVAILABLE,
      'etcdserver: request timed out, possibly due to previous leader failure',
      'unknown',
    ],
    [UNAVAILABLE, 'Connection dropped', 'unknown'],
  ] as const;
  it.each(cases)(
    '%i, "%s", is unavailable and %s',
    (code, details, outcome) => {
      const error = storeErrorOf(grpcError(code, details), 'write');
      expect([error.reason, error.outcome]).toEqual(['unavailable', outcome]);
      expect(error.retryable).toBe(true);
    },
  );

  const late = [
    [UNKNOWN, 'context deadline exceeded', 'unknown'],
    [DEADLINE_EXCEEDED, 'context deadline exceeded', 'unknown'],
    [
      DEADLINE_EXCEEDED,
      'Deadline exceeded after 1s,LB pick: 0.001s,remote_addr=127.0.0.1:2379',
      'unknown',
    ],
    [
      DEADLINE_EXCEEDED,
      'Deadline exceeded after 1s,name resolution: 0.001s,Waiting for LB pick',
      'not-applied',
    ],
    [
      DEADLINE_EXCEEDED,
      'Deadline exceeded after 1s,waiting for name resolution',
      'not-applied',
    ],
    [
      DEADLINE_EXCEEDED,
      'Deadline exceeded after 1s,previous attempts: 1,Waiting for LB pick',
      'unknown',
    ],
  ] as const;
  it.each(late)('%i, "%s", is a timeout and %s', (code, details, outcome) => {
    const error = storeErrorOf(grpcError(code, details), 'write');
    expect([error.reason, error.outcome]).toEqual(['timeout', outcome]);
  });

  const vague = [
    [INTERNAL, 'Received RST_STREAM with code 2'],
    [CANCELLED, 'Call cancelled'],
    [UNKNOWN, 'raft: something new'],
  ] as const;
  it.each(vague)('%i, "%s", leaves everything open', (code, details) => {
    const error = storeErrorOf(grpcError(code, details), 'write');
    expect([error.reason, error.outcome]).toEqual(['unknown', 'unknown']);
    expect(storeErrorOf(error, 'write')).toBe(error);
  });

  it('leaves nothing open when the call only reads', () => {
    const error = grpcError(INTERNAL, 'Received RST_STREAM with code 2');
    expect(storeErrorOf(error, 'none').outcome).toBe('not-applied');
  });

  it('is kept as the cause', () => {
    const error = grpcError(UNAVAILABLE, 'Connection dropped');
    expect(storeErrorOf(error, 'write').cause).toBe(error);
  });
});
