import { createServer as createHttpServer } from 'node:http';
import { createServer } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { LockStore } from '../../lib/core/store/lock-store.js';
import { EtcdStore } from '../../lib/etcd/index.js';
import { type Etcd, startEtcd } from '../support/etcd.js';
import { freePort } from '../support/free-port.js';
import { listening } from './listening.js';
import {
  call,
  everything,
  failure,
  get,
  put,
  refusal,
  write,
} from './store-calls.js';

const stores: EtcdStore[] = [];
afterEach(async () => {
  for (const store of stores.splice(0)) await store.close();
});

function storeOf(...hosts: string[]): EtcdStore {
  const store = new EtcdStore({ hosts });
  stores.push(store);
  return store;
}

describe('what is not etcd', () => {
  it('is unavailable when nobody listens, and nothing was applied', async () => {
    const store = storeOf(`http://127.0.0.1:${await freePort()}`);
    const refused = 'unavailable, not-applied';
    expect(await refusal(store.transact(write(put('a')), call))).toBe(refused);
    expect(await refusal(store.grantLease(5, call))).toBe(refused);
    expect(await refusal(store.keepAlive(1n, call))).toBe(refused);
    expect(await refusal(store.revokeLease(1n, call))).toBe(refused);
    const read = store.read({ kind: 'range', range: everything }, call);
    expect(await refusal(read)).toBe(refused);
  });

  it('is unavailable when it speaks another protocol', async () => {
    const server = createHttpServer((_, reply) => reply.end('hello'));
    const store = storeOf(await listening(server));
    const error = await failure(store.transact(write(put('a')), call));
    expect(error.message).toContain('does not speak HTTP/2');
    expect(error.reason).toBe('unavailable');
    expect(error.outcome).toBe('not-applied');
    server.close();
  });

  it('times out when it accepts connections and is silent, and nothing was applied', async () => {
    const server = createServer((socket) => socket.on('error', () => {}));
    const store = storeOf(await listening(server));
    const soon = { timeoutMs: 200 };
    const silent = store.transact(write(put('a')), soon);
    expect(await refusal(silent)).toBe('timeout, not-applied');
    expect(await refusal(store.keepAlive(1n, soon))).toBe('timeout, unknown');
    server.close();
  });
});

describe('etcd', () => {
  let etcd: Etcd;
  let store: LockStore;
  beforeAll(async () => {
    etcd = await startEtcd();
    store = new EtcdStore({ hosts: etcd.endpoints });
  });
  afterAll(async () => {
    await store.close();
    await etcd.stop();
  });

  const many = Array.from({ length: 129 }, (_, i) => put(`many${i}`));
  const refused = [
    ['a key put twice', write(put('x'), put('x')), 'invalid'],
    ['an empty key', write({ kind: 'put', key: '', value: '' }), 'invalid'],
    ['too many operations', write(...many), 'too-large'],
    [
      'more than etcd takes',
      write(put('x', 'x'.repeat(1_700_000))),
      'too-large',
    ],
    [
      'more than its gRPC takes',
      write(put('x', 'x'.repeat(5_000_000))),
      'too-large',
    ],
    [
      'a lease that is gone',
      write(put('x'), { kind: 'put', key: 't/y', value: '', lease: 1n }),
      'lease-not-found',
    ],
  ] as const;

  it.each(refused)('applies nothing of %s', async (_, transaction, reason) => {
    const before = await store.read({ kind: 'range', range: everything }, call);
    const error = await failure(store.transact(transaction, call));
    expect([error.reason, error.outcome]).toEqual([reason, 'not-applied']);
    expect(error.retryable).toBe(false);
    const after = await store.read({ kind: 'range', range: everything }, call);
    expect(after.revision).toBe(before.revision);
  });

  it('may answer more than gRPC takes by default', async () => {
    const names = ['l1', 'l2', 'l3', 'l4'];
    const value = 'x'.repeat(1_400_000);
    for (const name of names) {
      await store.transact(write(put(name, value)), call);
    }
    const { keys } = await store.read(
      { kind: 'range', range: everything },
      call,
    );
    const length = keys.reduce((sum, stored) => sum + stored.value.length, 0);
    expect(length).toBeGreaterThan(4 * 2 ** 20);
  });

  it('refuses a lease that is too long', async () => {
    const granting = store.grantLease(9_999_999_999, call);
    expect(await refusal(granting)).toBe('invalid, not-applied');
  });

  it('leaves the fate of a write open, and not of a read, when it stops answering', async () => {
    await store.transact(write(put('before')), call);
    etcd.member.pause();
    const soon = { timeoutMs: 300 };
    const writing = refusal(store.transact(write(put('paused')), soon));
    const reading = refusal(
      store.read({ kind: 'range', range: everything }, soon),
    );
    expect(await writing).toBe('timeout, unknown');
    expect(await reading).toBe('timeout, not-applied');
    etcd.member.resume();
    expect((await get(store, 'before'))?.version).toBe(1n);
  });

  it('leaves the fate of a write open when it is killed meanwhile', async () => {
    await get(store, 'connected');
    etcd.member.pause();
    const writing = store.transact(write(put('killed')), { timeoutMs: 20_000 });
    const outcome = refusal(writing);
    await etcd.member.kill();
    expect(await outcome).toBe('unavailable, unknown');
    await etcd.member.restart();
    const version = (await get(store, 'killed'))?.version ?? 0n;
    expect(version).toBeLessThanOrEqual(1n);
  });
});
