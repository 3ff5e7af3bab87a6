import { Etcd3 } from 'etcd3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { EtcdStore, type EtcdStoreOptions } from '../../lib/etcd/index.js';
import { type Etcd, startEtcd } from '../support/etcd.js';
import { waitUntil } from '../support/wait-until.js';
import {
  call,
  everything,
  get,
  metric,
  put,
  refusal,
  WatchLog,
  write,
} from './store-calls.js';

const app = { username: 'app', password: 'secret' };
const elsewhere = { key: 'elsewhere/' };

let etcd: Etcd;
beforeAll(async () => {
  etcd = await startEtcd({
    // What becomes of tokens is told by 3.4 anyway, and by 3.5 to whoever debugs it.
    args: ['--auth-token-ttl=1', '--log-level=debug'],
  });
  const steps = [
    'user add root:root',
    'user grant-role root root',
    'role add locks',
    'role grant-permission locks readwrite t/ t0',
    'user add app:secret',
    'user grant-role app locks',
  ];
  for (const step of steps) await etcd.etcdctl(...step.split(' '));
});
afterAll(() => etcd.stop());

async function using<T>(
  options: Partial<EtcdStoreOptions>,
  work: (store: EtcdStore) => Promise<T>,
): Promise<T> {
  const store = new EtcdStore({
    ...(options.client === undefined && { hosts: etcd.endpoints }),
    ...options,
  } as EtcdStoreOptions);
  try {
    return await work(store);
  } finally {
    await store.close();
  }
}

const write1 = write(put('a'));

it('a user and a password do no harm before authentication is switched on', async () => {
  await using({ auth: app }, async (store) => {
    await store.transact(write1, call);
    await etcd.etcdctl('auth', 'enable');
    await store.transact(write1, call);
    expect((await get(store, 'a'))?.version).toBe(2n);
  });
});

describe('with authentication switched on', () => {
  it('refuses everybody without a user, or with a wrong password', async () => {
    const strangers = [
      {},
      { auth: { ...app, password: 'wrong' } },
      { auth: { ...app, username: 'nobody' } },
    ];
    for (const options of strangers) {
      await using(options, async (store) => {
        const writing = store.transact(write1, call);
        expect(await refusal(writing)).toBe('unauthenticated, not-applied');
        const log = new WatchLog();
        store.watch(everything, log);
        expect((await log.hasEnded()).reason).toBe('unauthenticated');
      });
    }
  });

  it('asks for one token only, however many calls wait for it', async () => {
    const asked = () =>
      metric(etcd, 'grpc_server_handled_total', '"Authenticate"');
    const before = await asked();
    await using({ auth: app }, async (store) => {
      await Promise.all(
        Array.from({ length: 20 }, () => store.transact(write1, call)),
      );
      expect(await asked()).toBe(before + 1);
    });
  });

  it('refuses what the user may not do, and applies nothing of it', async () => {
    await using({ auth: app }, async (store) => {
      const before = (await get(store, 'a'))?.version;
      const outside = { kind: 'put', key: elsewhere.key, value: '' } as const;
      const writing = store.transact(write(put('a'), outside), call);
      expect(await refusal(writing)).toBe('permission-denied, not-applied');
      const reading = store.read({ kind: 'range', range: elsewhere }, call);
      expect(await refusal(reading)).toBe('permission-denied, not-applied');
      expect((await get(store, 'a'))?.version).toBe(before);
    });
  });

  it('refuses one watch without disturbing another', async () => {
    await using({ auth: app }, async (store) => {
      const allowed = new WatchLog();
      const refused = new WatchLog();
      const later = new WatchLog();
      store.watch(everything, allowed);
      store.watch(elsewhere, refused);
      store.watch(everything, later);
      expect((await refused.hasEnded()).reason).toBe('permission-denied');
      await allowed.isCreated();
      await later.isCreated();
      await store.transact(write1, call);
      await waitUntil(() => allowed.keys.length + later.keys.length === 2);
      expect(refused.createdAt).toEqual([]);
      expect([allowed, later].flatMap((log) => log.endings)).toEqual([]);
    });
  });
});

it("leaves the user's own calls as they are", async () => {
  const client = new Etcd3({ hosts: [...etcd.endpoints], auth: app });
  await using({ client }, (store) => store.transact(write1, call));
  const { metadata } = await client['pool'].withConnection(
    'KV',
    (pooled) => pooled,
  );
  expect(metadata.getMap()).toEqual({ token: expect.any(String) });
  client.close();
});

interface Way {
  readonly name: string;
  open(): { options: Partial<EtcdStoreOptions>; stop(): void };
}

const ways: readonly Way[] = [
  { name: 'the hosts', open: () => ({ options: { auth: app }, stop() {} }) },
  {
    name: "a user's client",
    open() {
      const client = new Etcd3({ hosts: [...etcd.endpoints], auth: app });
      return { options: { client }, stop: () => client.close() };
    },
  },
];

describe.each(ways)('a token that is outdated, over $name', ({ open }) => {
  /** Resolves once etcd has dropped every token it ever gave. */
  async function outdated(): Promise<void> {
    const dropped = () =>
      etcd.member.log.split('deleted a simple token').length - 1;
    const given = () =>
      metric(
        etcd,
        'grpc_server_handled_total',
        'grpc_code="OK",grpc_method="Authenticate"',
      );
    const tokens = await given();
    expect(tokens).toBeGreaterThan(0);
    // Nobody asks for one meanwhile, and to ask etcd for its figures is much work on both sides.
    await waitUntil(() => dropped() === tokens, {
      what: 'the end of the tokens',
      everyMs: 50,
    });
    expect(await given()).toBe(tokens);
  }

  async function withStore(work: (store: EtcdStore) => Promise<void>) {
    const { options, stop } = open();
    await using(options, work);
    stop();
  }

  it('is renewed without the call being the worse for it', async () => {
    await withStore(async (store) => {
      await store.transact(write1, call);
      const before = (await get(store, 'a'))!.version;
      await outdated();
      await store.transact(write1, call);
      expect((await get(store, 'a'))!.version).toBe(before + 1n);
    });
  });

  it('refuses a new watch, leaves the old ones alone, and takes the next', async () => {
    await withStore(async (store) => {
      const old = new WatchLog();
      store.watch(everything, old);
      await old.isCreated();
      const { id } = await store.grantLease(60, call);
      await store.keepAlive(id, call);
      await outdated();
      const refused = new WatchLog();
      store.watch(everything, refused);
      expect((await refused.hasEnded()).reason).toBe('unauthenticated');
      const next = new WatchLog();
      store.watch(everything, next);
      await next.isCreated();
      expect(await store.keepAlive(id, call)).toBe(60_000);
      await store.transact(write1, call);
      await waitUntil(() => old.keys.length + next.keys.length === 2);
      expect([old, next].flatMap((log) => log.endings)).toEqual([]);
    });
  });
});
