import { createServer, type Socket } from 'node:net';
import { expect, it } from 'vitest';
import { EtcdStore } from '../../lib/etcd/index.js';
import { startEtcd } from '../support/etcd.js';
import { TcpProxy } from '../support/tcp-proxy.js';
import { waitUntil } from '../support/wait-until.js';
import { listening } from './listening.js';
import { call, get, put, refusal, write } from './store-calls.js';

it('leaves calls alone that run over a connection that another gave up', async () => {
  const etcd = await startEtcd();
  const proxy = await TcpProxy.start(etcd.member.clientPort);
  const store = new EtcdStore({ hosts: proxy.endpoint });
  try {
    await get(store, 'connected');
    proxy.freeze();
    const patient = store.transact(write(put('a')), { timeoutMs: 20_000 });
    const hasty = store.transact(write(put('b')), { timeoutMs: 200 });
    expect(await refusal(hasty)).toBe('timeout, unknown');
    expect((await get(store, 'connected'))?.version).toBeUndefined();
    expect(proxy.accepted).toBe(2);
    proxy.unfreeze();
    expect((await patient).succeeded).toBe(true);
  } finally {
    await store.close();
    await proxy.close();
    await etcd.stop();
  }
});

it('gives up a connection though another store of the process still trusts its own', async () => {
  const etcd = await startEtcd();
  const proxy = await TcpProxy.start(etcd.member.clientPort);
  const store = new EtcdStore({ hosts: proxy.endpoint });
  const other = new EtcdStore({ hosts: proxy.endpoint });
  try {
    await get(store, 'connected');
    await get(other, 'connected');
    proxy.freeze();
    const late = store.transact(write(put('a')), { timeoutMs: 200 });
    expect(await refusal(late)).toBe('timeout, unknown');
    await store.transact(write(put('a')), call);
  } finally {
    await store.close();
    await other.close();
    await proxy.close();
    await etcd.stop();
  }
});

it('does not pile up connections to a host that is silent', async () => {
  const sockets: Socket[] = [];
  const server = createServer((socket) => {
    socket.on('error', () => {});
    sockets.push(socket);
  });
  const store = new EtcdStore({ hosts: await listening(server) });
  for (let i = 0; i < 10; i++) {
    const late = store.transact(write(put('a')), { timeoutMs: 50 });
    expect(await refusal(late)).toBe('timeout, not-applied');
  }
  expect(sockets).toHaveLength(1);
  await store.close();
  for (const socket of sockets) socket.destroy();
  server.close();
});

it('keeps trying to connect, at least once a second', async () => {
  let attempts = 0;
  const server = createServer((socket) => {
    attempts += 1;
    socket.destroy();
  });
  const store = new EtcdStore({ hosts: await listening(server) });
  // With gRPC's own back-off this many attempts take the better part of a minute.
  await waitUntil(
    async () => {
      await refusal(store.transact(write(put('a')), call));
      return attempts >= 8;
    },
    { what: 'eight attempts', timeoutMs: 20_000 },
  );
  await store.close();
  server.close();
});
