import { Etcd3 } from 'etcd3';
import {
  afterAll,
  beforeAll,
  describe,
  expect,
  it,
  onTestFinished,
} from 'vitest';
import { EtcdStore, type EtcdStoreOptions } from '../../lib/etcd/index.js';
import { type Etcd, startEtcd } from '../support/etcd.js';
import { freePort } from '../support/free-port.js';
import { openssl, startTlsFront } from '../support/tls-front.js';
import { fakeEtcd, type FakeEtcd } from './fake-etcd.js';
import {
  call,
  everything,
  failure,
  put,
  WatchLog,
  write,
} from './store-calls.js';

const right = { username: 'app', password: 'secret' };
const soon = { timeoutMs: 1_000 };

let plain: Etcd;
let guarded: Etcd;
let compacting: FakeEtcd;
beforeAll(async () => {
  [plain, guarded] = await Promise.all([startEtcd(), startEtcd()]);
  for (const step of [
    'user add root:root',
    'user grant-role root root',
    'role add locks',
    'role grant-permission locks readwrite t/ t0',
    'user add app:secret',
    'user grant-role app locks',
    'auth enable',
  ]) {
    await guarded.etcdctl(...step.split(' '));
  }
  compacting = await fakeEtcd({
    watch(stream) {
      stream.on('error', () => {});
      stream.on('data', ({ create_request }) => {
        const watch_id = String(create_request?.watch_id);
        const header = { revision: '9' };
        stream.write({ header, watch_id, created: true });
        stream.write({
          header,
          watch_id,
          canceled: true,
          compact_revision: '5',
        });
      });
    },
  });
});
afterAll(async () => {
  compacting.stop();
  await Promise.all([plain.stop(), guarded.stop()]);
});

interface Where {
  readonly host: string;
  readonly auth?: typeof right;
  readonly ca?: Buffer;
}

const roads: [
  string,
  (where: Where) => { options: EtcdStoreOptions; stop(): void },
][] = [
  [
    'hosts',
    ({ host, auth, ca }) => ({
      options: { hosts: host, auth, ...(ca && { tls: { ca } }) },
      stop() {},
    }),
  ],
  [
    'client',
    ({ host, auth, ca }) => {
      const client = new Etcd3({
        hosts: host,
        ...(auth && { auth }),
        ...(ca && { credentials: { rootCertificate: ca } }),
      });
      return { options: { client }, stop: () => client.close() };
    },
  ],
];

// The same on every road to etcd: users and the locks decide by them.
describe.each(roads)('what goes wrong over %s', (road, open) => {
  async function fate(
    where: Where,
    provoke: (store: EtcdStore) => Promise<unknown>,
  ): Promise<string> {
    const { options, stop } = open(where);
    const store = new EtcdStore(options);
    const error = await failure(provoke(store));
    await store.close();
    stop();
    expect(error.message).not.toBe('');
    expect(error.message).not.toMatch(/undefined|secret|\[object/);
    return `${error.reason}, ${error.outcome}`;
  }

  const change = (store: EtcdStore, options = call) =>
    store.transact(write(put('a')), options);
  const at = (etcd: Etcd) => etcd.member.endpoint;

  it('nobody listens', async () => {
    const host = `http://127.0.0.1:${await freePort()}`;
    expect(await fate({ host }, change)).toBe('unavailable, not-applied');
  });

  it('the other end does not speak TLS', async () => {
    const host = at(plain).replace('http:', 'https:');
    expect(await fate({ host }, change)).toBe('unavailable, not-applied');
  });

  it.runIf(openssl)('the certificate is of an unknown authority', async () => {
    const front = await startTlsFront(plain);
    onTestFinished(() => front.stop());
    const host = `https://127.0.0.1:${front.port}`;
    const ca = front.pem('stranger.crt');
    expect(await fate({ host, ca }, change)).toBe('unavailable, not-applied');
  });

  it('the password is wrong', async () => {
    const auth = { ...right, password: 'wrong' };
    expect(await fate({ host: at(guarded), auth }, change)).toBe(
      'unauthenticated, not-applied',
    );
  });

  it('the user may not do it', async () => {
    const outside = write({ kind: 'put', key: 'elsewhere', value: '' });
    const where = { host: at(guarded), auth: right };
    expect(await fate(where, (store) => store.transact(outside, call))).toBe(
      'permission-denied, not-applied',
    );
  });

  it('the lease is gone', async () => {
    const leased = { kind: 'put', key: 't/l', value: '', lease: 7n } as const;
    expect(
      await fate({ host: at(plain) }, (store) =>
        store.transact(write(leased), call),
      ),
    ).toBe('lease-not-found, not-applied');
  });

  it('the request is too large', async () => {
    const large = write(put('large', 'x'.repeat(3_000_000)));
    expect(
      await fate({ host: at(plain) }, (store) => store.transact(large, call)),
    ).toBe('too-large, not-applied');
  });

  it('what is to be watched is compacted', async () => {
    expect(
      await fate({ host: compacting.endpoint }, async (store) => {
        const log = new WatchLog();
        store.watch(everything, log);
        throw await log.hasEnded();
      }),
    ).toBe('compacted, not-applied');
  });

  it('etcd stands still, before and after it was connected to', async () => {
    // Whether gRPC has sent a first call it does not always tell.
    const unconnected =
      road === 'hosts' ? /^timeout, not-applied$/ : /^timeout, /;
    const fates: string[] = [];
    const asked = await fate({ host: at(plain) }, async (store) => {
      await change(store);
      plain.member.pause();
      const reading = store.read({ kind: 'range', range: everything }, soon);
      const { reason, outcome } = await failure(reading);
      fates.push(`${reason}, ${outcome}`);
      plain.member.resume();
      await change(store);
      plain.member.pause();
      return change(store, soon);
    });
    const first = await fate({ host: at(plain) }, (store) =>
      change(store, soon),
    );
    plain.member.resume();
    expect(fates).toEqual(['timeout, not-applied']);
    expect(asked).toBe('timeout, unknown');
    expect(first).toMatch(unconnected);
  });
});
