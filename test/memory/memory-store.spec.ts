import { describe, expect, it } from 'vitest';
import { MemoryCluster, MemoryStore } from '../../lib/memory/index.js';
import { ManualClock } from '../../lib/testing/manual-clock.js';
import {
  put,
  range,
  transactionOf,
} from '../../lib/testing/contract/operations.js';

const putK = transactionOf({ success: [put('k')] });
const readK = range({ key: 'k' });

describe('MemoryStore', () => {
  it('shares nothing with another store unless they share a cluster', async () => {
    const cluster = new MemoryCluster();
    const [a, b, alone] = [
      new MemoryStore({ cluster }),
      new MemoryStore({ cluster }),
      new MemoryStore(),
    ];
    await a.transact(putK);
    expect(await b.read(readK)).toMatchObject({ count: 1, revision: 2n });
    expect(await alone.read(readK)).toMatchObject({ count: 0, revision: 1n });
  });

  it('runs the leases of its own cluster on the clock it was given', async () => {
    const clock = new ManualClock();
    const store = new MemoryStore({ clock });
    const { id, ttlMs } = await store.grantLease(5);
    await clock.advance(ttlMs);
    expect(await store.keepAlive(id)).toBe('gone');
  });

  it('tells neither values nor leases with keysOnly, as etcd from 3.7 on', async () => {
    const store = new MemoryStore();
    const { id } = await store.grantLease(5);
    await store.transact(transactionOf({ success: [put('k', 'value', id)] }));
    const [whole] = (await store.read(readK)).keys;
    const { keys } = await store.read(range({ key: 'k' }, { keysOnly: true }));
    expect(whole).toMatchObject({ value: 'value', lease: id });
    expect(keys).toEqual([{ ...whole, value: '', lease: 0n }]);
  });

  it('creates a watch at the current revision', async () => {
    const store = new MemoryStore();
    const { revision } = await store.transact(putK);
    const created: bigint[] = [];
    store.watch(
      { key: 'k' },
      { created: (at) => void created.push(at), events() {}, ended() {} },
    );
    await Promise.resolve();
    expect(created).toEqual([revision]);
  });

  it('does nothing before the caller goes on', async () => {
    const cluster = new MemoryCluster();
    const store = new MemoryStore({ cluster });
    const call = store.transact(putK);
    expect(cluster.revision).toBe(1n);
    await call;
    expect(cluster.revision).toBe(2n);
  });

  it('applies nothing of a call that its closing overtakes', async () => {
    const cluster = new MemoryCluster();
    const store = new MemoryStore({ cluster });
    const call = store.transact(putK);
    await Promise.all([
      store.close(),
      expect(call).rejects.toMatchObject({
        reason: 'closed',
        outcome: 'not-applied',
      }),
    ]);
    expect(cluster.revision).toBe(1n);
  });

  it('is closed where its scope ends', async () => {
    let used: MemoryStore;
    {
      await using store = new MemoryStore();
      used = store;
    }
    await expect(used.grantLease(5)).rejects.toMatchObject({
      reason: 'closed',
    });
  });

  it('has told its watches of their end once it is closed', async () => {
    const store = new MemoryStore();
    const ends: string[] = [];
    const listener = {
      created() {},
      events() {},
      ended: ({ reason }: { reason: string }) => void ends.push(reason),
    };
    store.watch({ key: 'k' }, listener);
    const closing = store.close();
    expect(ends).toEqual([]);
    await closing;
    expect(ends).toEqual(['closed']);
  });
});
