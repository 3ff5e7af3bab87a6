import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { LockClient } from '../../lib/core/index.js';
import { EtcdStore } from '../../lib/etcd/index.js';
import { type Etcd, startEtcd } from '../support/etcd.js';
import { startNginx } from '../support/nginx.js';
import { waitUntil } from '../support/wait-until.js';
import {
  call,
  everything,
  failure,
  get,
  metric,
  put,
  refusal,
  WatchLog,
  write,
} from './store-calls.js';

let etcd: Etcd;
beforeAll(async () => {
  etcd = await startEtcd();
});
afterAll(() => etcd.stop());

const ending: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ending.splice(0).reverse()) await end();
});

/** A store whose way to etcd leads through nginx. */
async function behind(
  settings: readonly string[] = [],
  etcdPort = etcd.member.clientPort,
  ...others: string[]
): Promise<EtcdStore> {
  const nginx = await startNginx(etcdPort, settings);
  ending.push(() => nginx.stop());
  const store = new EtcdStore({ hosts: [nginx.endpoint, ...others] });
  ending.push(() => store.close());
  return store;
}

it('calls, renewals and watches pass through grpc_pass', async () => {
  const store = await behind();
  const log = new WatchLog();
  store.watch(everything, log);
  await log.isCreated();
  const { id } = await store.grantLease(60, call);
  expect(await store.keepAlive(id, call)).toBe(60_000);
  await store.transact(write(put('a')), call);
  expect((await get(store, 'a'))?.version).toBe(1n);
  await waitUntil(() => log.keys.includes('t/a'));
});

it('a connection that nginx closes every few requests fails no call, and repeats none', async () => {
  const store = await behind(['keepalive_requests 5']);
  const before = (await get(store, 'b'))?.version ?? 0n;
  for (let round = 0; round < 5; round += 1) {
    await Promise.all(
      Array.from({ length: 40 }, () =>
        store.transact(write(put('b')), { timeoutMs: 20_000 }),
      ),
    );
  }
  expect((await get(store, 'b'))!.version).toBe(before + 200n);
});

it('a watch goes on whose connection takes no more calls', async () => {
  const store = await behind(['keepalive_requests 3']);
  const log = new WatchLog();
  store.watch(everything, log);
  await log.isCreated();
  for (let puts = 1; puts <= 20; puts += 1) {
    await store.transact(write(put('c')), call);
  }
  await waitUntil(() => log.keys.length === 20);
  expect(log.endings).toEqual([]);
});

it('a lock is kept though nginx ends whatever is silent for a second', async () => {
  const store = await behind(['grpc_read_timeout 1s', 'grpc_send_timeout 1s']);
  const rival = new EtcdStore({ hosts: etcd.endpoints });
  ending.push(() => rival.close());
  const clients = [store, rival].map(
    (one) => new LockClient({ store: one, ttl: '5s' }),
  );
  ending.push(() => Promise.all(clients.map((client) => client.close())));
  const [locks, others] = clients as [LockClient, LockClient];
  const lock = await locks.acquire('key');
  const waiting = others.acquire('key', { waitTimeout: Infinity });
  const started = async () =>
    metric(etcd, 'grpc_server_started_total', 'grpc_method="LeaseKeepAlive"');
  const before = await started();
  // Each renewal needs a stream of its own: the last one has been ended.
  await waitUntil(async () => (await started()) >= before + 3, {
    what: 'three more streams of keep-alives',
    timeoutMs: 30_000,
  });
  expect(lock.held).toBe(true);
  await lock.release();
  await (await waiting).release();
});

it('a request that nginx finds too large was not applied', async () => {
  const store = await behind(['client_max_body_size 1k']);
  const large = write(put('large', 'x'.repeat(100_000)));
  expect(await refusal(store.transact(large, call))).toBe(
    'too-large, not-applied',
  );
});

it('where etcd is gone behind nginx, writes may have happened and reads are answered elsewhere', async () => {
  const gone = await startEtcd();
  ending.push(() => gone.stop());
  const port = gone.member.clientPort;
  const alone = await behind([], port);
  await get(alone, 'a');
  await gone.member.kill();
  const error = await failure(alone.transact(write(put('d')), call));
  expect(error.message).toContain('HTTP 502');
  expect([error.reason, error.outcome]).toEqual(['unavailable', 'unknown']);
  const both = await behind([], port, etcd.member.endpoint);
  for (let reads = 0; reads < 4; reads += 1) await get(both, 'a');
});
