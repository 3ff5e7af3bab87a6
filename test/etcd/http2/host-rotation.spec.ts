import { afterEach, expect, it } from 'vitest';
import { StoreError } from '../../../lib/core/index.js';
import { deadlineIn } from '../../../lib/etcd/deadline.js';
import { hostAddress } from '../../../lib/etcd/http2/host-address.js';
import { HostRotation } from '../../../lib/etcd/http2/host-rotation.js';
import { answerWell, ScriptedPeer } from './scripted-peer.js';

const ending: (() => unknown)[] = [];
afterEach(() => {
  for (const end of ending.splice(0).reverse()) end();
});

async function routeOverThree() {
  const peers = await Promise.all(
    [1, 2, 3].map(() => ScriptedPeer.start(answerWell)),
  );
  for (const peer of peers) ending.push(() => peer.stop());
  const addresses = peers.map(({ endpoint }) => hostAddress(endpoint)!);
  const rotation = new HostRotation(addresses, {}, undefined);
  ending.push(() => rotation.close());
  return rotation.route();
}

const refused = new StoreError('unauthenticated', 'not-applied', 'old token');
const broken = new StoreError('unavailable', 'not-applied', 'it broke');
const silent = new StoreError('timeout', 'not-applied', 'no answer');

it('does not name the token that a host refused where it has got another since', async () => {
  const route = await routeOverThree();
  const next = () => route.next(deadlineIn(5_000));
  const first = await next();
  route.failed(first, refused);
  route.again(first);
  await next();
  for (const connection of [await next(), await next()]) {
    route.failed(connection, silent);
  }
  const { message, reason } = route.verdict(silent);
  expect(message).toMatch(/^none of 2 hosts serves: .*no answer; .*no answer$/);
  expect(reason).toBe('timeout');
});

it('names a host whose connection broke, though it might be asked again', async () => {
  const route = await routeOverThree();
  const next = () => route.next(deadlineIn(5_000));
  const first = await next();
  const second = await next();
  route.failed(first, broken);
  route.again(first);
  route.failed(second, silent);
  const { message } = route.verdict(silent);
  expect(message).toMatch(/^none of 2 hosts serves: .*it broke; .*no answer$/);
});
