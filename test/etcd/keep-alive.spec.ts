import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { EtcdStore } from '../../lib/etcd/index.js';
import { type Etcd, startEtcd } from '../support/etcd.js';
import { TcpProxy } from '../support/tcp-proxy.js';
import { waitUntil } from '../support/wait-until.js';
import { fakeEtcd, type KeepAliveCall } from './fake-etcd.js';
import { call, failure, metric, refusal } from './store-calls.js';

describe('keep-alive', () => {
  let etcd: Etcd;
  let proxy: TcpProxy;
  let store: EtcdStore;
  beforeEach(async () => {
    etcd = await startEtcd();
    proxy = await TcpProxy.start(etcd.member.clientPort);
    store = new EtcdStore({ hosts: proxy.endpoint });
  });
  afterEach(async () => {
    await store.close();
    await proxy.close();
    await etcd.stop();
  });

  const streams = () =>
    metric(etcd, 'grpc_server_started_total', '"LeaseKeepAlive"');

  it('renews all leases, also at the same time, on one stream', async () => {
    const ttls = Array.from({ length: 20 }, (_, i) => 60 + i);
    const leases = await Promise.all(
      ttls.map((ttl) => store.grantLease(ttl, call)),
    );
    for (let round = 0; round < 3; round++) {
      const renewed = await Promise.all(
        leases.map(({ id }) => store.keepAlive(id, call)),
      );
      expect(renewed).toEqual(ttls.map((ttl) => ttl * 1000));
    }
    expect(await streams()).toBe(1);
    expect(proxy.accepted).toBe(1);
  });

  it('says which of several leases is gone', async () => {
    const kept = await store.grantLease(60, call);
    const revoked = await store.grantLease(60, call);
    await store.revokeLease(revoked.id, call);
    const outcomes = await Promise.all([
      store.keepAlive(revoked.id, call),
      store.keepAlive(kept.id, call),
    ]);
    expect(outcomes).toEqual(['gone', 60_000]);
  });

  it('goes on over a new connection when the old one died unnoticed', async () => {
    const { id } = await store.grantLease(60, call);
    await store.keepAlive(id, call);
    proxy.freeze();
    const late = store.keepAlive(id, { timeoutMs: 300 });
    expect(await refusal(late)).toBe('timeout, unknown');
    expect(await store.keepAlive(id, call)).toBe(60_000);
    expect(proxy.accepted).toBe(2);
  });

  it('goes on over a new stream after a reset', async () => {
    const { id } = await store.grantLease(60, call);
    await store.keepAlive(id, call);
    proxy.freeze('to-client');
    const pending = [
      failure(store.keepAlive(id, call)),
      failure(store.keepAlive(id, call)),
    ];
    proxy.reset();
    for (const { reason, outcome } of await Promise.all(pending)) {
      expect([reason, outcome]).toEqual(['unavailable', 'unknown']);
    }
    expect(await store.keepAlive(id, call)).toBe(60_000);
    expect(await streams()).toBe(2);
  });
});

describe('keep-alive on a stream that answers late', () => {
  const streams: KeepAliveCall[] = [];
  const asked: string[] = [];
  let store: EtcdStore;
  let stop: () => void;
  beforeEach(async () => {
    streams.length = 0;
    asked.length = 0;
    const server = await fakeEtcd({
      keepAlive(stream) {
        streams.push(stream);
        stream.on('data', ({ ID }: { ID: string }) => asked.push(ID));
        stream.on('error', () => {});
      },
    });
    stop = server.stop;
    store = new EtcdStore({ hosts: server.endpoint });
  });
  afterEach(async () => {
    await store.close();
    stop();
  });

  const answer = (ID: string, TTL: string) =>
    streams.at(-1)?.write({ ID, TTL });
  const hasAsked = (count: number) =>
    waitUntil(() => asked.length >= count, { what: `${count} requests` });

  it('never takes the reply to an earlier request for the reply to a later one', async () => {
    // The time of the first one is not to be spent on the connection.
    const earlier = store.keepAlive(3n, call);
    await hasAsked(1);
    answer('3', '5');
    await earlier;
    const first = refusal(store.keepAlive(1n, { timeoutMs: 500 }));
    const other = store.keepAlive(2n, call);
    await hasAsked(3);
    answer('2', '20');
    expect(await other).toBe(20_000);
    expect(await first).toBe('timeout, unknown');
    // The stream answered somebody meanwhile, so it is the same one.
    const second = store.keepAlive(1n, call);
    await hasAsked(4);
    answer('1', '10');
    answer('1', '30');
    expect(await second).toBe(30_000);
    expect(streams).toHaveLength(1);
  });

  it('counts no answer that came though nobody had asked', async () => {
    const first = store.keepAlive(1n, call);
    await hasAsked(1);
    answer('1', '10');
    answer('1', '20');
    answer('2', '20');
    expect(await first).toBe(10_000);
    const other = store.keepAlive(3n, call);
    await hasAsked(2);
    answer('3', '30');
    expect(await other).toBe(30_000);
    const second = store.keepAlive(1n, { timeoutMs: 300 });
    expect(await refusal(second)).toBe('timeout, unknown');
  });

  it('cancels a stream that fell silent and ignores what it still sends', async () => {
    const silent = refusal(store.keepAlive(1n, { timeoutMs: 2_000 }));
    await hasAsked(1);
    expect(await silent).toBe('timeout, unknown');
    await waitUntil(() => streams[0]?.cancelled, { what: 'the cancellation' });
    const second = store.keepAlive(1n, call);
    await hasAsked(2);
    streams[0]?.write({ ID: '1', TTL: '10' });
    streams[1]?.write({ ID: '1', TTL: '30' });
    expect(await second).toBe(30_000);
  });
});
