import { describe, expect, it } from 'vitest';
import { LockClient, type LockStore } from '../../../lib/core/index.js';
import { MemoryStore } from '../../../lib/memory/index.js';
import { follow } from '../support/follow.js';
import { useWorld } from '../support/world.js';

const world = useWorld();

describe('a session', () => {
  it('is kept alive every third of its TTL, whatever the number of locks', async () => {
    const { locks, traffic } = world().instance();
    const keys = Array.from({ length: 10 }, (_, index) => `k${index}`);
    const held = await Promise.all(keys.map((key) => locks.acquire(key)));
    await world().advance(60_000);
    expect(traffic.count('grantLease')).toBe(1);
    expect(traffic.count('keepAlive')).toBe(12);
    expect(held.every((lock) => lock.held)).toBe(true);
  });

  it('is kept alive also while everything else hangs', async () => {
    const { locks, network } = world().instance();
    const lock = await locks.acquire('k');
    for (const on of ['transact', 'read', 'grantLease'] as const)
      network.holdRequests({ on, times: Infinity });
    const waiting = follow(locks.acquire('other', { waitTimeout: Infinity }));
    const more = follow(locks.acquire('more', { ttl: '5s' }));
    await world().advance(60_000);
    expect(lock.held).toBe(true);
    expect(waiting.state).toBe('pending');
    expect(more.state).toBe('rejected');
    network.heal();
    await world().advance(5_000);
    expect(waiting.value?.held).toBe(true);
  });

  it('serves all locks of one TTL, and locks of another TTL have another', async () => {
    const { locks, traffic } = world().instance();
    await locks.acquire('a');
    await locks.acquire('b');
    await locks.acquire('c', { ttl: '5s' });
    expect(traffic.count('grantLease')).toBe(2);
  });

  it('is opened once for callers who ask at the same time', async () => {
    const { locks, traffic } = world().instance();
    await Promise.all(['a', 'b', 'c'].map((key) => locks.acquire(key)));
    expect(traffic.count('grantLease')).toBe(1);
  });

  it('tells when it opens, with what etcd granted', async () => {
    const { locks, events, traffic } = world().instance({ ttl: '2500ms' });
    await locks.acquire('k');
    expect(events[1]).toMatchObject({
      type: 'session-opened',
      ttlMs: 3_000,
      lease: traffic.leases[0]!.toString(16),
    });
  });

  it('lasts for the TTL that etcd answers with, whatever was asked for', async () => {
    const { clock } = world();
    const memory = new MemoryStore({ clock });
    const store: LockStore = Object.assign(
      Object.create(memory) as MemoryStore,
      { keepAlive: async () => 6_000 },
    );
    const locks = new LockClient({ store, clock });
    const lock = await locks.acquire('k');
    await world().advance(14_000);
    expect(lock.remaining()).toBe(1_700);
    await world().outcome(locks.close());
  });

  it('says for how long its locks are surely held', async () => {
    const { locks } = world().instance();
    const lock = await locks.acquire('k');
    expect(lock.remaining()).toBe(14_250);
    await world().advance(4_000);
    expect(lock.remaining()).toBe(10_250);
    await world().advance(1_000);
    expect(lock.remaining()).toBe(14_250);
  });

  it('relies on the TTL of the reply, not on the one it asked for', async () => {
    const instance = world().instance();
    const grant = instance.traffic.grantLease.bind(instance.traffic);
    instance.traffic.grantLease = (_ttl, call) => grant(6, call);
    const lock = await instance.locks.acquire('k', { ttl: '15s' });
    expect(lock.remaining()).toBe(5_700);
  });
});

describe('a lease that is gone in etcd', () => {
  it('is noticed at the next keep-alive at the latest', async () => {
    const { locks, network, traffic, events } = world().instance();
    const lock = await locks.acquire('k');
    network.holdWatches();
    world().cluster.revokeLease(traffic.leases[0]!);
    await world().advance(5_000);
    expect(lock.held).toBe(false);
    expect(() => lock.assertHeld()).toThrow(/its lease is gone in etcd/);
    expect(events).toContainEqual(
      expect.objectContaining({
        type: 'session-lost',
        detail: 'its lease is gone in etcd',
      }),
    );
  });

  it('is noticed by whoever puts a ticket on it', async () => {
    const { locks, network, traffic, events } = world().instance();
    const lock = await locks.acquire('k');
    network.holdWatches();
    world().cluster.revokeLease(traffic.leases[0]!);
    const other = await world().outcome(locks.acquire('other'), 100);
    expect(lock.held).toBe(false);
    expect(other.held).toBe(true);
    expect(traffic.count('grantLease')).toBe(2);
    expect(events.filter(({ type }) => type === 'lost')).toHaveLength(1);
  });

  it('sends its waiters to the queue again, within their own waitTimeout', async () => {
    const holder = world().instance();
    const waiter = world().instance();
    const lock = await holder.locks.acquire('k');
    const next = follow(waiter.locks.acquire('k', { waitTimeout: '20s' }));
    const late = follow(waiter.locks.acquire('k', { waitTimeout: '2s' }));
    await world().settle();
    const [before] = (await world().tickets('k')).slice(1);
    world().cluster.revokeLease(waiter.traffic.leases[0]!);
    await world().advance(100);
    const [after] = (await world().tickets('k')).slice(1);
    expect(after!.lease).not.toBe(before!.lease);
    await world().advance(2_000);
    expect(late.error).toMatchObject({ code: 'LOCK_TIMEOUT' });
    await world().advance(7_000);
    expect(next.state).toBe('pending');
    await lock.release();
    await world().settle();
    expect(next.value?.held).toBe(true);
  });
});

describe('a lease that is granted too late to rely on', () => {
  it('is given up, and another is asked for', async () => {
    const { locks, network, traffic } = world().instance();
    const held = network.holdReplies({ on: 'grantLease' });
    const next = locks.acquire('k', { waitTimeout: '60s' });
    await world().settle();
    world().clock.suspend(14_250);
    held.lift();
    const lock = await world().outcome(next, 100);
    expect(lock.held).toBe(true);
    expect(traffic.leases).toHaveLength(2);
    expect(await world().leases()).toEqual([traffic.leases[1]]);
  });
});
