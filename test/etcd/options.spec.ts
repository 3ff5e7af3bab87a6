import { circuitBreaker, ConsecutiveBreaker, handleAll } from 'cockatiel';
import { Etcd3 } from 'etcd3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isLockError } from '../../lib/core/api/errors.js';
import { EtcdStore, type EtcdStoreOptions } from '../../lib/etcd/index.js';
import { type Etcd, startEtcd } from '../support/etcd.js';
import { TcpProxy } from '../support/tcp-proxy.js';
import { call, get, put, refusal, write } from './store-calls.js';

describe('the options of the etcd store', () => {
  const wrong: [string, unknown, RegExp][] = [
    ['no hosts', {}, /"hosts"/],
    ['an empty list', { hosts: [] }, /"hosts"/],
    ['an empty name', { hosts: '' }, /"hosts".*""/],
    ['a path', { hosts: 'http://127.0.0.1:2379/v3' }, /"hosts".*v3/],
    ['two ports', { hosts: '127.0.0.1:2379:2380' }, /"hosts".*2380/],
    ['a user', { hosts: 'http://me@127.0.0.1:2379' }, /"hosts".*me@/],
    ['no string', { hosts: [2379] }, /"hosts".*2379/],
    [
      'http and https',
      { hosts: ['http://127.0.0.1:1', 'https://127.0.0.1:2'] },
      /secure and insecure/,
    ],
    [
      'a certificate that is none',
      {
        hosts: 'https://127.0.0.1:2379',
        credentials: {
          rootCertificate: Buffer.from('nothing'),
          privateKey: Buffer.from('nothing'),
          certChain: Buffer.from('nothing'),
        },
      },
      /PEM/,
    ],
    [
      'a certificate that is no buffer',
      {
        hosts: 'https://127.0.0.1:2379',
        credentials: { rootCertificate: 'a path' },
      },
      /Buffer/,
    ],
    [
      'policies for faults',
      { hosts: 'http://127.0.0.1:2379', faultHandling: {} },
      /"faultHandling" has no effect/,
    ],
    [
      'a time for dialling',
      { hosts: 'http://127.0.0.1:2379', dialTimeout: 1 },
      /"dialTimeout" has no effect/,
    ],
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
    let thrown: unknown;
    try {
      new EtcdStore(options as EtcdStoreOptions);
    } catch (error) {
      thrown = error;
    }
    expect(isLockError(thrown, 'LOCK_CONFIGURATION')).toBe(true);
    expect((thrown as Error).message).toMatch(message);
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

  it("keeps the user's call options, but for the deadline", async () => {
    const asked: string[] = [];
    const store = new EtcdStore({
      hosts: etcd.endpoints,
      defaultCallOptions({ service, method, isStream }) {
        asked.push(`${service}.${method}${isStream ? ' stream' : ''}`);
        return { deadline: Date.now() - 1_000 };
      },
    });
    const { id } = await store.grantLease(60, call);
    await store.keepAlive(id, call);
    await store.transact(write(put('b')), call);
    expect(asked).toEqual([
      'Lease.leaseGrant',
      'Lease.leaseKeepAlive stream',
      'KV.txn',
    ]);
    await store.close();
  });

  it("takes the user's gRPC options before its own", async () => {
    const store = new EtcdStore({
      hosts: etcd.endpoints,
      grpcOptions: { 'grpc.max_send_message_length': 1_000 },
    });
    await store.transact(write(put('c')), call);
    const writing = store.transact(write(put('c', 'x'.repeat(2_000))), call);
    expect(await refusal(writing)).toBe('too-large, not-applied');
    await store.close();
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
});
