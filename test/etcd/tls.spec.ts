import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { EtcdStore } from '../../lib/etcd/index.js';
import { type Etcd, startEtcd } from '../support/etcd.js';
import { openssl, startTlsFront, type TlsFront } from '../support/tls-front.js';
import {
  call,
  failure,
  get,
  put,
  WatchLog,
  everything,
  write,
} from './store-calls.js';

describe.runIf(openssl)('over TLS', () => {
  let etcd: Etcd;
  let front: TlsFront;
  let host: string;
  beforeAll(async () => {
    etcd = await startEtcd();
    front = await startTlsFront(etcd);
    host = `https://127.0.0.1:${front.port}`;
  });
  afterAll(async () => {
    front.stop();
    await etcd.stop();
  });

  it('does everything with the right certificates', async () => {
    const store = new EtcdStore({
      hosts: host,
      tls: {
        ca: front.pem('server.crt'),
        key: front.pem('client.key'),
        cert: front.pem('client.crt'),
        servername: 'etcd.test',
      },
    });
    const log = new WatchLog();
    store.watch(everything, log);
    await log.isCreated();
    const { id } = await store.grantLease(60, call);
    expect(await store.keepAlive(id, call)).toBe(60_000);
    await store.transact(write(put('a')), call);
    expect((await get(store, 'a'))?.version).toBe(1n);
    await store.close();
  });

  const wrong = [
    {
      what: 'a server it has no reason to trust',
      root: 'stranger.crt',
      name: 'etcd.test',
      client: 'client',
    },
    {
      what: 'a server of another name',
      root: 'server.crt',
      name: 'elsewhere.test',
      client: 'client',
    },
    {
      what: 'a server that does not know it',
      root: 'server.crt',
      name: 'etcd.test',
      client: 'stranger',
    },
  ];
  it.each(wrong)(
    'is unavailable with $what',
    async ({ root, name, client }) => {
      const store = new EtcdStore({
        hosts: host,
        tls: {
          ca: front.pem(root),
          key: front.pem(`${client}.key`),
          cert: front.pem(`${client}.crt`),
          servername: name,
        },
      });
      const error = await failure(store.transact(write(put('b')), call));
      expect(error.reason).toBe('unavailable');
      expect(error.outcome).toBe('not-applied');
      await store.close();
    },
  );
});
