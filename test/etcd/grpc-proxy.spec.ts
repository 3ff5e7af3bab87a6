import { afterAll, beforeAll, expect, it } from 'vitest';
import { EtcdStore, preflight } from '../../lib/etcd/index.js';
import { type Etcd, startEtcd } from '../support/etcd.js';
import { startGrpcProxy } from '../support/grpc-proxy.js';
import { waitUntil } from '../support/wait-until.js';
import { call, everything, put, WatchLog, write } from './store-calls.js';

let etcd: Etcd;
let proxy: Awaited<ReturnType<typeof startGrpcProxy>>;
let store: EtcdStore;
beforeAll(async () => {
  etcd = await startEtcd();
  proxy = await startGrpcProxy(etcd);
  store = new EtcdStore({ hosts: proxy.endpoint });
});
afterAll(async () => {
  await store.close();
  await proxy.stop();
  await etcd.stop();
});

it('watches hear through a proxy that gives them numbers of its own', async () => {
  const logs = [new WatchLog(), new WatchLog(), new WatchLog()];
  const watches = logs.map((log) => store.watch(everything, log));
  for (const log of logs) await log.isCreated();
  watches[1]!.cancel();
  await store.transact(write(put('a')), call);
  await waitUntil(() => logs[0]!.keys.length + logs[2]!.keys.length === 2);
  expect(logs.map((log) => log.keys)).toEqual([['t/a'], [], ['t/a']]);
});

it('a proxy that answers keep-alives on a beat of its own is warned of', async () => {
  const { warnings } = await preflight(store);
  const found = warnings.find(({ code }) => code === 'grpc-proxy')!;
  expect(found.severe).toBe(true);
  expect(found.message).toContain(`${proxy.endpoint} is an etcd grpc-proxy`);
  expect(found.message).toContain('beat of its own');
  const direct = new EtcdStore({ hosts: etcd.endpoints });
  const { survey } = await preflight(direct);
  expect(survey.hosts.map(({ grpcProxy }) => grpcProxy)).toEqual([false]);
  await direct.close();
});
