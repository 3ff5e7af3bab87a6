import { inspect } from 'node:util';
import { circuitBreaker, ConsecutiveBreaker, handleAll } from 'cockatiel';
import { Etcd3 } from 'etcd3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isLockError } from '../../lib/core/api/errors.js';
import { EtcdStore, type EtcdStoreOptions } from '../../lib/etcd/index.js';
import { type Etcd, startEtcd } from '../support/etcd.js';
import { TcpProxy } from '../support/tcp-proxy.js';
import { call, failure, get, put, refusal, write } from './store-calls.js';

/** What the constructor throws. */
function thrownFor(options: unknown): Error {
  try {
    new EtcdStore(options as EtcdStoreOptions);
  } catch (error) {
    expect(isLockError(error, 'LOCK_CONFIGURATION')).toBe(true);
    return error as Error;
  }
  throw new Error('Nothing was thrown.');
}

describe('the options of the etcd store', () => {
  const good = { hosts: 'https://127.0.0.1:2379' };
  const wrong: [string, unknown, RegExp][] = [
    ['no hosts', {}, /"hosts"/],
    ['an empty list', { hosts: [] }, /"hosts"/],
    ['no string', { hosts: [2379] }, /"hosts".*number 2379/],
    [
      'http and https',
      { hosts: ['http://127.0.0.1:1', 'https://127.0.0.1:2'] },
      /mixes http and https/,
    ],
    [
      'tls without https',
      { hosts: 'http://a:1', tls: {} },
      /begin with "https:/,
    ],
    ['tls that is none', { ...good, tls: 'yes' }, /"tls" must be an object/],
    [
      'a name that node:tls does not have',
      { ...good, tls: { rootCertificate: '' } },
      /knows no "rootCertificate".*ca, cert/,
    ],
    [
      'a certificate that is a path',
      { ...good, tls: { ca: '/etc/ca.pem' } },
      /"tls.ca" is no PEM.*not its path/,
    ],
    [
      'a certificate that is a number',
      { ...good, tls: { ca: 7 } },
      /"tls.ca" must be the content.*number/,
    ],
    [
      'a certificate without its key',
      { ...good, tls: { cert: '-----BEGIN CERTIFICATE-----' } },
      /go together/,
    ],
    [
      'a certificate that is broken',
      {
        ...good,
        tls: {
          cert: '-----BEGIN CERTIFICATE-----',
          key: '-----BEGIN PRIVATE KEY-----',
        },
      },
      /"tls" does not work/,
    ],
    ['half a user', { ...good, auth: { username: 'me' } }, /"auth" must have/],
    ['a client that is none', { client: {} }, /"client"/],
    [
      'a client and an option of ours',
      { client: new Etcd3(), auth: { username: 'me', password: 'x' } },
      /"auth" does not go with "client"/,
    ],
    [
      'an option that there is not',
      { hosts: 'http://127.0.0.1:2379', retries: 3 },
      /Unknown option "retries"/,
    ],
    ['nothing', null, /must be an object, got null/],
  ];

  it.each(wrong)('are refused at once: %s', (_, options, message) => {
    expect(thrownFor(options).message).toMatch(message);
  });

  const hosts: [string, string][] = [
    ['', 'write one such as "http://127.0.0.1:2379"'],
    ['http://127.0.0.1', 'write "http://127.0.0.1:2379"'],
    ['etcd', 'write "etcd:2379"'],
    ['http://etcd:', 'write "http://etcd:2379"'],
    ['HTTP://etcd:2379', 'write "http://etcd:2379"'],
    ['Https://etcd:2379', 'write "https://etcd:2379"'],
    ['etcd://etcd:2379', 'write "http://etcd:2379"'],
    ['dns:///etcd:2379', 'write "http://etcd:2379"'],
    [' http://etcd:2379', 'write "http://etcd:2379"'],
    ['http://etcd:99999', 'from 1 to 65535'],
    ['http://etcd:0', 'from 1 to 65535'],
    ['a:1,b:2', '["a:1","b:2"]'],
    ['a:1 b:2', '["a:1","b:2"]'],
    ['http://etcd:2379/', 'write "http://etcd:2379"'],
    ['http://etcd:2379/v3', 'write "http://etcd:2379"'],
    ['http://etcd:2379?a=b', 'write "http://etcd:2379"'],
    ['127.0.0.1:2379:2380', 'write one such as'],
    ['http://::1:2379', '"http://[::1]:2379"'],
    ['unix:', '"unix:/run/etcd.sock"'],
  ];
  it.each(hosts)('name hosts that can work, not "%s"', (host, cure) => {
    const { message } = thrownFor({ hosts: ['http://127.0.0.1:2379', host] });
    expect(message).toContain(`"hosts" has ${JSON.stringify(host)}`);
    expect(message).toContain(cure);
  });

  it.each([
    'http://127.0.0.1:2379',
    '127.0.0.1:2379',
    'http://[::1]:2379',
    'http://etcd-0.etcd_headless.svc.cluster.local:2379',
    'unix:/run/etcd.sock',
    'unix:///run/etcd.sock',
  ])('take %s', async (host) => {
    await new EtcdStore({ hosts: host }).close();
  });

  it('never repeat a password that stands in a host', () => {
    const { message } = thrownFor({ hosts: 'http://me:geheim@127.0.0.1:2379' });
    expect(message).toContain('"auth"');
    expect(message).not.toMatch(/geheim|me:/);
  });

  it('show nothing of the user wherever the store is shown', () => {
    const auth = { username: 'me', password: 'geheim' };
    const store = new EtcdStore({ hosts: 'http://127.0.0.1:1', auth });
    const shown = [
      inspect(store, { depth: Infinity, showHidden: true }),
      JSON.stringify(store),
      String(store),
    ].join();
    expect(shown).toContain('http://127.0.0.1:1');
    expect(shown).not.toMatch(/geheim|"me"|'me'/);
  });
});

describe('with a server', () => {
  let etcd: Etcd;
  let proxy: TcpProxy;
  beforeAll(async () => {
    etcd = await startEtcd();
    proxy = await TcpProxy.start(etcd.member.clientPort);
  });
  afterAll(async () => {
    await proxy.close();
    await etcd.stop();
  });

  it('connects to nothing before the first call', async () => {
    const before = proxy.accepted;
    const store = new EtcdStore({ hosts: proxy.endpoint });
    await etcd.etcdctl('endpoint', 'status');
    expect(proxy.accepted).toBe(before);
    await store.transact(write(put('a')), call);
    expect(proxy.accepted).toBe(before + 1);
    await store.close();
  });

  it('is closed where its scope ends', async () => {
    let used: EtcdStore;
    {
      await using store = new EtcdStore({ hosts: etcd.endpoints });
      await store.transact(write(put('a')), call);
      used = store;
    }
    expect(await refusal(get(used, 'a'))).toBe('closed, not-applied');
  });

  it("keeps the call options of a user's client, but for the deadline", async () => {
    const asked: string[] = [];
    const client = new Etcd3({
      hosts: [...etcd.endpoints],
      defaultCallOptions({ service, method, isStream }) {
        asked.push(`${service}.${method}${isStream ? ' stream' : ''}`);
        return { deadline: Date.now() - 1_000 };
      },
    });
    const store = new EtcdStore({ client });
    const { id } = await store.grantLease(60, call);
    await store.keepAlive(id, call);
    await store.transact(write(put('b')), call);
    expect(asked).toEqual([
      'Lease.leaseGrant',
      'Lease.leaseKeepAlive stream',
      'KV.txn',
    ]);
    await store.close();
    client.close();
  });

  it("takes the gRPC options of a user's client", async () => {
    const client = new Etcd3({
      hosts: [...etcd.endpoints],
      grpcOptions: { 'grpc.max_send_message_length': 1_000 },
    });
    const store = new EtcdStore({ client });
    await store.transact(write(put('c')), call);
    const writing = store.transact(write(put('c', 'x'.repeat(2_000))), call);
    expect(await refusal(writing)).toBe('too-large, not-applied');
    await store.close();
    client.close();
  });

  it("sends nothing while a circuit breaker of the user's client is open", async () => {
    const breaker = circuitBreaker(handleAll, {
      halfOpenAfter: 1_000,
      breaker: new ConsecutiveBreaker(3),
    });
    const client = new Etcd3({
      hosts: [...etcd.endpoints],
      faultHandling: { host: () => breaker },
    });
    const store = new EtcdStore({ client });
    const isolation = breaker.isolate();
    const writing = store.transact(write(put('e')), call);
    expect(await refusal(writing)).toBe('unavailable, not-applied');
    isolation.dispose();
    await store.transact(write(put('e')), call);
    await store.close();
    client.close();
  });

  it("leaves a user's client open, and serves as long as that is open", async () => {
    const client = new Etcd3({ hosts: [...etcd.endpoints] });
    const first = new EtcdStore({ client });
    await first.transact(write(put('d')), call);
    await first.close();
    expect(await refusal(get(first, 'd'))).toBe('closed, not-applied');
    expect(await client.get('t/d').string()).toBe('');
    const second = new EtcdStore({ client });
    expect((await get(second, 'd'))?.version).toBe(1n);
    client.close();
    const late = new EtcdStore({ client });
    const range = { key: 't/d' };
    const reading = late.read({ kind: 'range', range }, call);
    expect(await refusal(reading)).toBe('closed, not-applied');
  });

  it('says which member of a request no message can hold', async () => {
    const store = new EtcdStore({ hosts: etcd.endpoints });
    const error = await failure(
      store.transact(write(put('broken \ud800')), call),
    );
    expect([error.reason, error.outcome]).toEqual(['invalid', 'not-applied']);
    await store.close();
  });
});
