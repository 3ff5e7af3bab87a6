import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type EtcdHostsOptions, EtcdStore } from '../../lib/etcd/index.js';
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

  type Tls = NonNullable<EtcdHostsOptions['tls']>;
  const right = (): Tls => ({
    ca: front.pem('server.crt'),
    key: front.pem('client.key'),
    cert: front.pem('client.crt'),
    servername: 'etcd.test',
  });

  /** What a write is told over such a connection, which nothing of it can have got through. */
  async function refusedWith(tls: Tls | undefined, at = host): Promise<string> {
    const store = new EtcdStore({ hosts: at, ...(tls && { tls }) });
    const error = await failure(store.transact(write(put('b')), call));
    await store.close();
    expect([error.reason, error.outcome]).toEqual([
      'unavailable',
      'not-applied',
    ]);
    return error.message;
  }

  const wrong: [string, () => Tls, RegExp][] = [
    [
      'a server it has no reason to trust',
      () => ({ ...right(), ca: front.pem('stranger.crt') }),
      /the certificate of 127\.0\.0\.1:\d+ is of an unknown CA: "tls\.ca"/,
    ],
    [
      'a server that only its own authority knows',
      () => ({}),
      /is of an unknown CA/,
    ],
    [
      'a server of another name',
      () => ({ ...right(), servername: 'elsewhere.test' }),
      /is for other names: "tls\.servername"/,
    ],
    [
      'a server that does not know it',
      () => ({
        ...right(),
        key: front.pem('stranger.key'),
        cert: front.pem('stranger.crt'),
      }),
      /client certificate/,
    ],
    [
      'a server that wants to know it',
      () => ({ ca: front.pem('server.crt'), servername: 'etcd.test' }),
      /refuses the client certificate, or misses one/,
    ],
  ];
  it.each(wrong)('is unavailable with %s', async (_, tls, message) => {
    expect(await refusedWith(tls())).toMatch(message);
  });

  it('is unavailable with a certificate that is out of date', async () => {
    const old = await startTlsFront(etcd, { expired: true });
    const tls = {
      ca: old.pem('server.crt'),
      key: old.pem('client.key'),
      cert: old.pem('client.crt'),
    };
    const message = await refusedWith(tls, `https://127.0.0.1:${old.port}`);
    old.stop();
    expect(message).toMatch(/the certificate of 127\S+ has expired/);
  });

  it('says where TLS is missing at the other end', async () => {
    const name = `127.0.0.1:${etcd.member.clientPort}`;
    expect(await refusedWith({}, `https://${name}`)).toContain(
      `TLS: did you mean http://${name}?`,
    );
  });

  it('says where TLS is missing at this end', async () => {
    const name = `127.0.0.1:${front.port}`;
    expect(await refusedWith(undefined, `http://${name}`)).toContain(
      `TLS (https://${name})?`,
    );
  });
});
