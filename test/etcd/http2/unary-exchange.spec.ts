import { expect, it } from 'vitest';
import { deadlineIn, timeLeft } from '../../../lib/etcd/deadline.js';
import type { CallHeaders } from '../../../lib/etcd/http2/call-headers.js';
import type { Http2Connection } from '../../../lib/etcd/http2/http2-connection.js';
import { UnaryExchange } from '../../../lib/etcd/http2/unary-exchange.js';

it('a call whose time ends as its turn comes is not sent: it could only end as unknown', async () => {
  let turn = () => {};
  let sent = 0;
  const connection = {
    usable: true,
    hasRoom: false,
    whenRoom(begin: () => void) {
      turn = begin;
      return () => {};
    },
    request() {
      sent += 1;
      throw new Error('it was sent');
    },
  };
  const deadline = deadlineIn(20);
  const exchange = new UnaryExchange(
    connection as unknown as Http2Connection,
    'somewhere',
    {} as CallHeaders,
    { path: '/any', token: undefined, message: Buffer.alloc(5), deadline },
  );
  // A machine at work: its timer has not fired.
  while (timeLeft(deadline) > 0);
  connection.hasRoom = true;
  turn();
  await expect(exchange.reply).rejects.toMatchObject({ reached: false });
  expect(sent).toBe(0);
});
