import { describe, expect, it } from 'vitest';
import type { Lock } from '../../lib/core/index.js';
import { LockWorld } from '../support/lock-world.js';
import { waitUntil, within } from '../support/wait-until.js';

const TTL = 3_000;

// Each has an etcd of its own to pause, and most of them wait for the end of a lease.
describe.concurrent('while etcd does not answer', () => {
  /** When the signal aborted, on this process's monotonic clock. */
  function toldAt({ signal }: Lock): Promise<number> {
    return new Promise((resolve) => {
      signal.addEventListener('abort', () => resolve(performance.now()));
    });
  }

  it('a holder is told before etcd can give the lock to anybody else', async (context) => {
    const world = await LockWorld.startFor(context);
    const holder = world.participant({ ttl: TTL });
    const lock = await holder.locks.acquire('paused');
    // Its lease outlives the pause: one as old as the holder's would end a moment later.
    const other = world.locks({ ttl: 4 * TTL, waitTimeout: '1m' });
    const turn = other.acquire('paused').then((next) => {
      return { next, at: performance.now() };
    });
    await world.queued('paused', 2);
    const told = toldAt(lock);

    world.etcd.member.pause();
    const at = await within(told, 'the signal to abort', 2 * TTL);
    expect(at).toBeLessThan(holder.store.leaseSafeUntil);
    expect(lock.held).toBe(false);
    expect(() => lock.assertHeld()).toThrow(
      expect.objectContaining({ code: 'LOCK_LOST', reason: 'session' }),
    );

    world.etcd.member.resume();
    const { next, at: passedAt } = await turn;
    expect(passedAt).toBeGreaterThan(at);
    expect(next.fencingToken).toBeGreaterThan(lock.fencingToken);
    expect(lock.held).toBe(false);
    await lock.release();
    expect(next.held).toBe(true);
    expect(await world.queued('paused', 1)).toHaveLength(1);

    const again = holder.locks.acquire('paused');
    await world.queued('paused', 2);
    await next.release();
    expect((await again).fencingToken).toBeGreaterThan(next.fencingToken);
  });

  it('work under a lock is rejected in time, also when it ignores the signal', async (context) => {
    const world = await LockWorld.startFor(context);
    const { locks, store } = world.participant({ ttl: TTL });
    let began = () => {};
    const running = new Promise<void>((resolve) => (began = resolve));
    const work = locks.withLock('work', () => {
      began();
      return new Promise<never>(() => {});
    });
    const told = expect(work).rejects.toMatchObject({ code: 'LOCK_LOST' });
    await running;
    world.etcd.member.pause();
    await told;
    expect(performance.now()).toBeLessThan(store.leaseSafeUntil);
  });

  it('a lock outlives a pause that is shorter than its TTL', async (context) => {
    const world = await LockWorld.startFor(context);
    const { locks, store } = world.participant({ ttl: TTL });
    const lock = await locks.acquire('short');
    world.etcd.member.pause();
    await waitUntil(() => lock.remaining() < TTL / 2);
    world.etcd.member.resume();
    const until = store.leaseSafeUntil;
    // As long as two renewals take: the one that was due, and a regular one.
    await waitUntil(() => store.leaseSafeUntil > until + TTL / 3);
    expect(lock.held).toBe(true);
    expect(lock.signal.aborted).toBe(false);
    await lock.release();
    expect(await world.names()).toEqual([]);
  });

  it('who asks for a lock hears of it within the wait time, and leaves nothing', async (context) => {
    const world = await LockWorld.startFor(context);
    const { locks } = world.participant({ ttl: TTL });
    await (await locks.acquire('before')).release();
    world.etcd.member.pause();
    const waitTimeout = 1_500;
    const since = performance.now();
    await expect(
      locks.acquire('unanswered', { waitTimeout }),
    ).rejects.toMatchObject({ code: 'LOCK_STORE', outcome: 'unknown' });
    // The grace is for the attempt to take the ticket out again.
    expect(performance.now() - since).toBeLessThan(waitTimeout + 1_500);
    await expect(locks.tryAcquire('unanswered')).rejects.toMatchObject({
      code: 'LOCK_STORE',
    });
    world.etcd.member.resume();
    const gone = async () => (await world.names()).length === 0;
    await waitUntil(gone, { timeoutMs: TTL + 3_000 });
    const lock = await locks.acquire('unanswered');
    expect(await world.queued('unanswered', 1)).toHaveLength(1);
    await lock.release();
  });

  it('a waiter that times out hears that it is etcd, and leaves nothing', async (context) => {
    const world = await LockWorld.startFor(context);
    const [holder, waiter] = [
      world.locks({ ttl: TTL }),
      world.locks({ ttl: TTL }),
    ];
    await holder.acquire('queue');
    const waitTimeout = 1_500;
    const wait = waiter.acquire('queue', { waitTimeout });
    const told = expect(wait).rejects.toMatchObject({
      code: 'LOCK_STORE',
      outcome: 'unknown',
    });
    const [, ticket] = await world.queued('queue', 2);
    world.etcd.member.pause();
    await told;
    world.etcd.member.resume();
    const gone = async () => !(await world.names()).includes(ticket!);
    await waitUntil(gone, { timeoutMs: TTL + 3_000 });
  });
});
