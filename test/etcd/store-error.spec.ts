import { status } from '@grpc/grpc-js';
import { describe, expect, it } from 'vitest';
import { CallFailure } from '../../lib/etcd/call-failure.js';
import { grpcFailure } from '../../lib/etcd/etcd3/grpc-failure.js';
import { storeErrorOf } from '../../lib/etcd/store-error.js';

const grpcError = (code: status, details: string) =>
  grpcFailure(
    Object.assign(new Error(`${code} ${details}`), { code, details }),
  );

// What a test cannot bring about with a real server at will.
describe('a status of gRPC', () => {
  const { UNAVAILABLE, UNKNOWN, DEADLINE_EXCEEDED, INTERNAL, CANCELLED } =
    status;
  const cases = [
    [UNAVAILABLE, 'etcdserver: too many requests', 'not-applied'],
    [UNAVAILABLE, 'etcdserver: leader changed', 'unknown'],
    [UNAVAILABLE, 'etcdserver: server stopped', 'unknown'],
    [
      UNAVAILABLE,
      'etcdserver: request timed out, possibly due to previous leader failure',
      'unknown',
    ],
  ] as const;
  it.each(cases)(
    '%i, "%s", is unavailable and %s',
    (code, details, outcome) => {
      const error = storeErrorOf(new CallFailure(details, code, true), 'write');
      expect([error.reason, error.outcome]).toEqual(['unavailable', outcome]);
      expect(error.retryable).toBe(true);
    },
  );

  it.each([UNKNOWN, DEADLINE_EXCEEDED])(
    '%i, as etcd without a majority says it, is a timeout that leaves everything open',
    (code) => {
      const failure = new CallFailure('context deadline exceeded', code, true);
      const { reason, outcome } = storeErrorOf(failure, 'write');
      expect([reason, outcome]).toEqual(['timeout', 'unknown']);
    },
  );

  const vague = [
    [INTERNAL, 'broken'],
    [CANCELLED, 'Call cancelled'],
    [UNKNOWN, 'raft: something new'],
  ] as const;
  it.each(vague)('%i, "%s", leaves everything open', (code, details) => {
    const error = storeErrorOf(new CallFailure(details, code, true), 'write');
    expect([error.reason, error.outcome]).toEqual(['unknown', 'unknown']);
    expect(storeErrorOf(error, 'write')).toBe(error);
  });

  it('leaves nothing open when the call only reads, or reached nobody', () => {
    const reached = new CallFailure('broken', INTERNAL, true);
    expect(storeErrorOf(reached, 'none').outcome).toBe('not-applied');
    const unsent = new CallFailure('broken', INTERNAL, false);
    expect(storeErrorOf(unsent, 'write').outcome).toBe('not-applied');
  });

  it('is kept as the cause', () => {
    const failure = new CallFailure('gone', undefined, true);
    const error = storeErrorOf(failure, 'write');
    expect(error.cause).toBe(failure);
    expect(error.reason).toBe('unavailable');
  });
});

describe("an error of the gRPC of a user's client", () => {
  const { UNAVAILABLE, DEADLINE_EXCEEDED, INTERNAL } = status;
  const cases = [
    [
      UNAVAILABLE,
      'Name resolution failed for target dns:x',
      'unavailable',
      'not-applied',
    ],
    [
      UNAVAILABLE,
      'Channel closed before call started',
      'unavailable',
      'not-applied',
    ],
    [UNAVAILABLE, 'Stream refused by server', 'unavailable', 'not-applied'],
    [UNAVAILABLE, 'Connection dropped', 'unavailable', 'unknown'],
    [INTERNAL, 'Received RST_STREAM with code 2', 'unknown', 'unknown'],
    [
      DEADLINE_EXCEEDED,
      'Deadline exceeded after 1s,LB pick: 0.001s,remote_addr=127.0.0.1:2379',
      'timeout',
      'unknown',
    ],
    [
      DEADLINE_EXCEEDED,
      'Deadline exceeded after 1s,name resolution: 0.001s,Waiting for LB pick',
      'timeout',
      'not-applied',
    ],
    [
      DEADLINE_EXCEEDED,
      'Deadline exceeded after 1s,waiting for name resolution',
      'timeout',
      'not-applied',
    ],
    [
      DEADLINE_EXCEEDED,
      'Deadline exceeded after 1s,previous attempts: 1,Waiting for LB pick',
      'timeout',
      'unknown',
    ],
  ] as const;
  it.each(cases)('%i, "%s", is %s and %s', (code, details, reason, outcome) => {
    const error = storeErrorOf(grpcError(code, details), 'write');
    expect([error.reason, error.outcome]).toEqual([reason, outcome]);
  });
});
