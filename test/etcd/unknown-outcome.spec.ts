import { Etcd3 } from 'etcd3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { EtcdStore, type EtcdStoreOptions } from '../../lib/etcd/index.js';
import { type Etcd, startEtcd } from '../support/etcd.js';
import { TcpProxy } from '../support/tcp-proxy.js';
import { waitUntil } from '../support/wait-until.js';
import { call, failure, get, put, write } from './store-calls.js';

let etcd: Etcd;
let proxy: TcpProxy;
/** Sees etcd as it is. */
let witness: EtcdStore;
beforeEach(async () => {
  etcd = await startEtcd();
  proxy = await TcpProxy.start(etcd.member.clientPort);
  witness = new EtcdStore({ hosts: etcd.endpoints });
});
afterEach(async () => {
  await witness.close();
  await proxy.close();
  await etcd.stop();
});

interface Way {
  readonly name: string;
  open(): { options: EtcdStoreOptions; stop(): void };
}

const ways: readonly Way[] = [
  {
    name: 'over hosts',
    open: () => ({ options: { hosts: proxy.endpoint }, stop() {} }),
  },
  {
    name: "over a user's client with etcd3's own retries",
    open() {
      const client = new Etcd3({ hosts: proxy.endpoint });
      return { options: { client }, stop: () => client.close() };
    },
  },
];

describe.each(ways)('a reply that is lost $name', ({ open }) => {
  let store: EtcdStore;
  let stop: () => void;
  beforeEach(async () => {
    const way = open();
    store = new EtcdStore(way.options);
    stop = way.stop;
    await store.transact(write(put('connected')), call);
  });
  afterEach(async () => {
    await store.close();
    stop();
  });

  it('leaves a transaction open that was applied exactly once', async () => {
    proxy.drop('to-client');
    const writing = failure(store.transact(write(put('once')), call));
    await waitUntil(() => get(witness, 'once'), { what: 'the commit' });
    proxy.reset();
    const { reason, outcome, retryable } = await writing;
    expect([reason, outcome, retryable]).toEqual([
      'unavailable',
      'unknown',
      true,
    ]);
    // Whatever was repeated behind our back has been applied before this.
    await store.transact(write(put('after')), call);
    expect((await get(witness, 'once'))?.version).toBe(1n);
  });

  it('leaves a grant open that made exactly one lease', async () => {
    const leases = async () =>
      (await etcd.etcdctl('lease', 'list')).trim().split('\n').slice(1).length;
    expect(await leases()).toBe(0);
    proxy.drop('to-client');
    const granting = failure(store.grantLease(60, call));
    await waitUntil(async () => (await leases()) > 0, { what: 'the grant' });
    proxy.reset();
    expect((await granting).outcome).toBe('unknown');
    await store.transact(write(put('after')), call);
    expect(await leases()).toBe(1);
  });
});
