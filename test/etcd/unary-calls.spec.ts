import { expect, it } from 'vitest';
import { CallFailure } from '../../lib/etcd/call-failure.js';
import { timeLeft } from '../../lib/etcd/deadline.js';
import { ProcessHold } from '../../lib/etcd/process-hold.js';
import { UnaryCalls } from '../../lib/etcd/unary-calls.js';
import { oneConnection } from './one-connection.js';
import { failure } from './store-calls.js';

it('a call whose time ends while its connection is given up has run out of time', async () => {
  const connections = oneConnection({
    send(_path, _message, deadline) {
      // A machine at work: nothing else comes in between.
      while (timeLeft(deadline) > 0);
      const unsent = new CallFailure('given up', undefined, false);
      return { reply: Promise.reject(unsent), cancel() {} };
    },
  });
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
