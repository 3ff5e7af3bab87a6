import { createServer, type Server, type Socket } from 'node:net';
import { afterEach, beforeAll, afterAll, describe, expect, it } from 'vitest';
import { LockClient } from '../../lib/core/index.js';
import { EtcdStore } from '../../lib/etcd/index.js';
import { type Etcd, startEtcd } from '../support/etcd.js';
import { freePort } from '../support/free-port.js';
import { TcpProxy } from '../support/tcp-proxy.js';
import { waitUntil } from '../support/wait-until.js';
import { listening } from './listening.js';
import { call, everything, failure, get, put, write } from './store-calls.js';

/** Whatever the host is that the rotation begins with, it was begun with in some of these. */
const TIMES = 8;

let etcd: Etcd;
beforeAll(async () => {
  etcd = await startEtcd();
});
afterAll(() => etcd.stop());

const ending: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ending.splice(0).reverse()) await end();
});

/** Accepts connections and never says a word. */
async function silentHost(): Promise<string> {
  const sockets: Socket[] = [];
  const server: Server = createServer((socket) => {
    socket.on('error', () => {});
    sockets.push(socket);
  });
  ending.push(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return listening(server);
}

async function deadHost(): Promise<string> {
  return `http://127.0.0.1:${await freePort()}`;
}

/** Serves until it is told to stand still. */
async function proxyHost(): Promise<TcpProxy> {
  const proxy = await TcpProxy.start(etcd.member.clientPort);
  ending.push(() => proxy.close());
  return proxy;
}

function storeOf(...hosts: string[]): EtcdStore {
  const store = new EtcdStore({ hosts });
  ending.push(() => store.close());
  return store;
}

describe.each([
  ['dead', deadHost],
  ['silent', silentHost],
])('with one of two hosts %s', (_, otherHost) => {
  it('every first call succeeds, whichever host it begins with', async () => {
    const hosts = [await otherHost(), etcd.member.endpoint];
    const range = { key: 't/a' };
    const beginnings: ((store: EtcdStore) => Promise<unknown>)[] = [
      (store) => store.read({ kind: 'range', range }, call),
      (store) => store.transact(write(put('a')), call),
      (store) => store.grantLease(60, call),
    ];
    for (const begin of beginnings) {
      // Side by side: each waits for the other host, and has a store of its own.
      const times = Array.from({ length: TIMES }, () =>
        begin(storeOf(...hosts)),
      );
      await Promise.all(times);
    }
  });

  it('so does everything that a client of the locks may begin with', async () => {
    const hosts = [await otherHost(), etcd.member.endpoint];
    const beginnings: ((locks: LockClient, key: string) => Promise<unknown>)[] =
      [
        (locks) => locks.ping(),
        (locks) => locks.list(),
        (locks, key) => locks.inspect(key),
        (locks, key) => locks.forceRelease(key),
        (locks, key) => locks.withLock(key, () => {}),
        async (locks, key) => (await locks.tryAcquire(key))!.release(),
      ];
    for (let time = 0; time < TIMES / 2; time += 1) {
      // Side by side: each waits for the other host, and has a store and a key of its own.
      await Promise.all(
        beginnings.map(async (begin, at) => {
          const locks = new LockClient({ store: storeOf(...hosts) });
          await begin(locks, `key ${at}`);
          await locks.close();
        }),
      );
    }
  });
});

describe('a host that falls silent', () => {
  it('does not keep a read from being answered by another', async () => {
    const [silent, other] = [await proxyHost(), await proxyHost()];
    const store = storeOf(silent.endpoint, other.endpoint);
    await store.transact(write(put('b')), call);
    const used = silent.open > 0 ? silent : other;
    used.freeze();
    expect((await get(store, 'b'))?.key).toBe('t/b');
    expect([silent.open, other.open]).toEqual([1, 1]);
  });

  it('is waited for after all when it is slow, and so is the other', async () => {
    const [one, other] = [await proxyHost(), await proxyHost()];
    const store = storeOf(one.endpoint, other.endpoint);
    await get(store, 'b');
    for (const proxy of [one, other]) proxy.freeze();
    const reading = get(store, 'b');
    const later = setTimeout(() => {
      for (const proxy of [one, other]) proxy.unfreeze();
    }, call.timeoutMs * 0.7);
    await reading;
    clearTimeout(later);
  });

  it('is not asked to do again what it may have done', async () => {
    const [one, other] = [await proxyHost(), await proxyHost()];
    const store = storeOf(one.endpoint, other.endpoint);
    await store.transact(write(put('c')), call);
    const used = one.open > 0 ? one : other;
    const before = (await get(store, 'c'))!.version;
    used.drop('to-client');
    const writing = failure(store.transact(write(put('c')), call));
    const witness = storeOf(etcd.member.endpoint);
    const applied = async () => (await get(witness, 'c'))!.version > before;
    await waitUntil(applied, { what: 'the commit' });
    used.reset();
    const { reason, outcome } = await writing;
    expect([reason, outcome]).toEqual(['unavailable', 'unknown']);
    expect((await get(store, 'c'))!.version).toBe(before + 1n);
  });
});

describe('when no host serves', () => {
  it('the error names each of them, and what is the matter with it', async () => {
    const hosts = [await deadHost(), await deadHost(), await silentHost()];
    const store = storeOf(...hosts);
    const soon = { timeoutMs: 600 };
    for (const fails of [
      store.read({ kind: 'range', range: everything }, soon),
      store.transact(write(put('d')), soon),
    ]) {
      const { message, reason, outcome } = await failure(fails);
      expect([reason, outcome]).toEqual(['unavailable', 'not-applied']);
      const [dead, gone, silent] = hosts.map((host) => host.slice(7));
      expect(message).toContain('none of 3 hosts serves');
      expect(message).toContain(`nothing listens at ${dead}`);
      expect(message).toContain(`nothing listens at ${gone}`);
      expect(message).toContain(`${silent} does not answer`);
    }
  });

  it('one host is not spoken of as of several', async () => {
    const host = await deadHost();
    const error = await failure(get(storeOf(host), 'd'));
    expect(error.message).toBe(`nothing listens at ${host.slice(7)}`);
  });
});
