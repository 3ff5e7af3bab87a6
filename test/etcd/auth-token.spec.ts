import { expect, it } from 'vitest';
import { AuthToken } from '../../lib/etcd/auth-token.js';
import { CallFailure, STATUS } from '../../lib/etcd/call-failure.js';
import { Deferred } from '../../lib/core/time/deferred.js';
import { deadlineIn } from '../../lib/etcd/deadline.js';

const REFUSED = new CallFailure(
  'etcdserver: authentication failed, invalid user ID or password',
  STATUS.unknown,
  true,
);

/** `token`, field 2 of etcd's answer. */
const granted = (token: string) =>
  Buffer.concat([Buffer.from([0x12, token.length]), Buffer.from(token)]);

function asked() {
  const token = new AuthToken({ username: 'app', password: 'secret' });
  const sent: Deferred<Buffer>[] = [];
  const get = (ms = 60_000) =>
    token.get(
      'host',
      0,
      () => {
        const exchange = new Deferred<Buffer>();
        sent.push(exchange);
        return { reply: exchange.promise, cancel() {} };
      },
      deadlineIn(ms),
    );
  return { get, sent };
}

it('is asked for once more for those who came while it was refused: the password may be right by now', async () => {
  const { get, sent } = asked();
  const first = get().catch((error: unknown) => error);
  const later = [get(), get()];
  sent[0]!.reject(REFUSED);
  expect(await first).toBe(REFUSED);
  await Promise.resolve();
  expect(sent).toHaveLength(2);
  sent[1]!.resolve(granted('t'));
  expect(await Promise.all(later)).toEqual(['t', 't']);
});

it('is asked for once where it is granted', async () => {
  const { get, sent } = asked();
  const all = [get(), get(), get()];
  sent[0]!.resolve(granted('t'));
  expect(await Promise.all(all)).toEqual(['t', 't', 't']);
  expect(sent).toHaveLength(1);
});

it('is waited for no longer than the call has, whoever asked for it', async () => {
  const { get, sent } = asked();
  const patient = get();
  const late = { reason: 'timeout', outcome: 'not-applied' };
  await expect(get(5)).rejects.toMatchObject(late);
  sent[0]!.resolve(granted('t'));
  expect(await patient).toBe('t');
});
