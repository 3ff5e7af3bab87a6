import { expect, it } from 'vitest';
import { CallFailure } from '../../lib/etcd/call-failure.js';
import type { Connection, Connections } from '../../lib/etcd/connections.js';
import { timeLeft } from '../../lib/etcd/deadline.js';
import { ProcessHold } from '../../lib/etcd/process-hold.js';
import { UnaryCalls } from '../../lib/etcd/unary-calls.js';
import { failure } from './store-calls.js';

it('a call whose time ends while its connection is given up has run out of time', async () => {
  const connection: Connection = {
    host: 'somewhere',
    authenticated: false,
    renewsToken: false,
    send(_path, _message, deadline) {
      // A machine at work: nothing else comes in between.
      while (timeLeft(deadline) > 0);
      const unsent = new CallFailure('given up', undefined, false);
      return { reply: Promise.reject(unsent), cancel() {} };
    },
    open() {
      throw new Error('no stream is opened');
    },
    failed() {},
  };
  const connections: Connections = {
    headroom: 0,
    streamsHoldProcess: false,
    route: () => ({
      left: 0,
      next: () => Promise.resolve(connection),
      again() {},
      failed() {},
      verdict: (error) => error,
    }),
    apart: () => [],
    close() {},
  };
  const calls = new UnaryCalls(connections, new ProcessHold());
  const method = {
    path: '/any',
    effect: 'write',
    encode: () => Buffer.alloc(0),
    decode: () => 'a reply',
  } as const;
  const error = await failure(calls.call(method, undefined, 20));
  expect(error).toMatchObject({ reason: 'timeout', outcome: 'not-applied' });
});
