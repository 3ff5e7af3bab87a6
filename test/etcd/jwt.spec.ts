import { Etcd3 } from 'etcd3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LockClient } from '../../lib/core/index.js';
import { EtcdStore, type EtcdStoreOptions } from '../../lib/etcd/index.js';
import { callEtcd } from '../support/etcd-gateway.js';
import { type Etcd, startEtcd } from '../support/etcd.js';
import { newDirectory } from '../support/own-server.js';
import { removeDirectory } from '../support/owned-process.js';
import { shortTokens } from '../support/short-tokens.js';
import { waitUntil } from '../support/wait-until.js';
import { call, everything, get, put, WatchLog, write } from './store-calls.js';

const app = { username: 'app', password: 'secret' };
const directory = newDirectory('jwt');

let etcd: Etcd;
beforeAll(async () => {
  etcd = await startEtcd({ args: shortTokens(directory) });
  for (const step of [
    'user add root:root',
    'user grant-role root root',
    'role add locks',
    // Everything: those who lock have a namespace of their own.
    'role grant-permission locks --prefix=true readwrite t/',
    'role grant-permission locks --prefix=true readwrite locks/',
    'user add app:secret',
    'user grant-role app locks',
    'auth enable',
  ]) {
    await etcd.etcdctl(...step.split(' '));
  }
});
afterAll(async () => {
  await etcd.stop();
  removeDirectory(directory);
});

/** Resolves once every token has ended that etcd has given until now. */
async function tokensHaveEnded(): Promise<void> {
  const { endpoint } = etcd.member;
  const { token } = await callEtcd<{ token: string }>(
    [endpoint],
    'auth/authenticate',
    { name: app.username, password: app.password },
  );
  const isRefused = async () => {
    const reply = await fetch(`${endpoint}/v3/kv/range`, {
      method: 'POST',
      headers: { authorization: token },
      body: JSON.stringify({ key: Buffer.from('t/a').toString('base64') }),
    });
    return (await reply.text()).includes('invalid auth token');
  };
  expect(await isRefused()).toBe(false);
  await waitUntil(isRefused, { what: 'the end of the token', everyMs: 50 });
}

const roads: [string, () => { options: EtcdStoreOptions; stop(): void }][] = [
  [
    'hosts',
    () => ({ options: { hosts: etcd.endpoints, auth: app }, stop() {} }),
  ],
  [
    "a user's client",
    () => {
      const client = new Etcd3({ hosts: [...etcd.endpoints], auth: app });
      return { options: { client }, stop: () => client.close() };
    },
  ],
];

// Each waits for tokens to end, and writes keys of its own.
describe.concurrent.each(roads)(
  'tokens that end by themselves, over %s',
  (road, open) => {
    async function withStore(work: (store: EtcdStore) => Promise<void>) {
      const { options, stop } = open();
      const store = new EtcdStore(options);
      try {
        await work(store);
      } finally {
        await store.close();
        stop();
      }
    }

    it('are renewed without a call being the worse for it', async () => {
      await withStore(async (store) => {
        await store.transact(write(put(`a, ${road}`)), call);
        const { version } = (await get(store, `a, ${road}`))!;
        await tokensHaveEnded();
        // At once: whoever comes second finds the token that the first one asked for.
        await Promise.all(
          Array.from({ length: 5 }, () =>
            store.transact(write(put(`a, ${road}`)), { timeoutMs: 10_000 }),
          ),
        );
        expect((await get(store, `a, ${road}`))!.version).toBe(version + 5n);
      });
    });

    it('end no watch and no renewal that is under way', async () => {
      await withStore(async (store) => {
        const log = new WatchLog();
        store.watch(everything, log);
        await log.isCreated();
        const { id } = await store.grantLease(60, call);
        await store.keepAlive(id, call);
        await tokensHaveEnded();
        expect(await store.keepAlive(id, call)).toBe(60_000);
        await store.transact(write(put(`b, ${road}`)), call);
        await waitUntil(() => log.keys.includes(`t/b, ${road}`));
        expect(log.endings).toEqual([]);
      });
    });

    it('cost nobody a lock, held or waited for', async () => {
      await withStore(async (store) => {
        const holder = new LockClient({ store, ttl: '2s' });
        const other = new LockClient({ store, ttl: '2s' });
        const lost: unknown[] = [];
        holder.subscribe((event) => event.type === 'lost' && lost.push(event));
        const lock = await holder.acquire(road);
        const waiting = other.acquire(road, { waitTimeout: Infinity });
        await tokensHaveEnded();
        await tokensHaveEnded();
        expect(lock.held).toBe(true);
        await lock.release();
        await (await waiting).release();
        expect(lost).toEqual([]);
        await Promise.all([holder.close(), other.close()]);
      });
    });
  },
);
