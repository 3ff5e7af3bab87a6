import { describe, expect, it } from 'vitest';
import type { Operation, Transaction } from '../../../lib/core/index.js';
import { follow } from '../support/follow.js';
import { refusal } from '../support/network.js';
import { useWorld } from '../support/world.js';

const world = useWorld();

const put: Operation = { kind: 'put', key: 'locks-data/x', value: 'mine' };
const writing: Transaction = { compare: [], success: [put], failure: [] };

const written = async () => (await world().keys('locks-data/')).length > 0;

describe('guard', () => {
  it('makes a transaction of one’s own fail once the lock has passed on', async () => {
    const [holder, waiter] = await world().queueUp(2, ['a', 'b']);
    const { store } = world();
    const guard = holder!.lock.guard();
    const attempt = { compare: guard, success: [put], failure: [] };
    expect((await store.transact(attempt)).succeeded).toBe(true);
    await world().remove(put.kind === 'put' ? put.key : '');
    world().cluster.revokeLease(holder!.traffic.leases[0]!);
    await world().settle();
    expect(waiter!.lock.held).toBe(true);
    expect((await store.transact(attempt)).succeeded).toBe(false);
    expect(await written()).toBe(false);
    const theirs = { ...attempt, compare: waiter!.lock.guard() };
    expect((await store.transact(theirs)).succeeded).toBe(true);
    await world().remove('locks-data/x');
  });
});

describe('transaction', () => {
  it('runs while the lock is held, and gives its own branch and replies', async () => {
    const { locks } = world().instance();
    const lock = await locks.acquire(['a', 'b']);
    const absent = {
      range: { key: 'locks-data/x' },
      target: 'create',
      is: '=',
      to: 0n,
    } as const;
    const transaction: Partial<Transaction> = {
      compare: [absent],
      success: [put],
      failure: [{ kind: 'range', range: { key: 'locks-data/x' } }],
    };
    const first = await lock.transaction(transaction);
    const second = await lock.transaction(transaction);
    expect(first).toEqual({
      kind: 'transaction',
      revision: world().cluster.revision,
      succeeded: true,
      replies: [{ kind: 'put' }],
    });
    expect(second).toMatchObject({
      succeeded: false,
      replies: [{ kind: 'range', count: 1 }],
    });
    await world().remove('locks-data/x');
  });

  it('does nothing after the release, and sends nothing', async () => {
    const { locks, traffic } = world().instance();
    const lock = await locks.acquire('k');
    await lock.release();
    const before = traffic.count();
    await expect(lock.transaction(writing)).rejects.toMatchObject({
      code: 'LOCK_NOT_HELD',
    });
    expect(traffic.count()).toBe(before);
  });

  it('does nothing when the lock is lost, and sends nothing', async () => {
    const { locks, traffic } = world().instance();
    const lock = await locks.acquire('k');
    world().clock.stall(20_000);
    const before = traffic.count('transact');
    await expect(lock.transaction(writing)).rejects.toMatchObject({
      code: 'LOCK_LOST',
    });
    expect(traffic.count('transact')).toBe(before);
  });

  it('does nothing when the ticket is gone, and is how the loss comes out', async () => {
    const { locks, events } = world().instance();
    const lock = await locks.acquire('k');
    const { signal } = lock;
    const [ticket] = await world().tickets('k');
    await world().remove(ticket!.key);
    expect(lock.held).toBe(true);
    await expect(lock.transaction(writing)).rejects.toMatchObject({
      code: 'LOCK_LOST',
      reason: 'taken',
    });
    expect(await written()).toBe(false);
    expect(lock.held).toBe(false);
    expect(signal.aborted).toBe(true);
    expect(events.at(-1)).toMatchObject({ type: 'lost', reason: 'taken' });
  });

  it('that was sent before the release is not done after it', async () => {
    const { locks, network } = world().instance();
    const lock = await locks.acquire('k');
    const delayed = network.holdRequests({ on: 'transact' });
    const outcome = follow(lock.transaction(writing));
    await world().settle();
    await world().outcome(lock.release(), 1_000);
    delayed.lift();
    await world().settle();
    expect(outcome.error).toMatchObject({ code: 'LOCK_NOT_HELD' });
    expect(await written()).toBe(false);
  });

  it('names the first reason when the lock was lost while it was under way', async () => {
    const { locks, network, events } = world().instance();
    const lock = await locks.acquire('k', { maxHold: '1s' });
    const delayed = network.holdRequests({ on: 'transact' });
    const outcome = follow(lock.transaction(writing));
    await world().advance(2_000);
    delayed.lift();
    await world().settle();
    expect(outcome.error).toMatchObject({
      code: 'LOCK_LOST',
      reason: 'max-hold',
    });
    expect(events.filter(({ type }) => type === 'lost')).toHaveLength(1);
    expect(await written()).toBe(false);
  });

  it('is sent once; an unknown outcome is the caller’s to judge', async () => {
    const { locks, network, traffic } = world().instance();
    const lock = await locks.acquire('k');
    network.loseReplies({ on: 'transact' });
    const before = traffic.count('transact');
    const error = await world().failure(lock.transaction(writing));
    expect(error).toMatchObject({ code: 'LOCK_STORE', outcome: 'unknown' });
    expect(traffic.count('transact')).toBe(before + 1);
    expect(await written()).toBe(true);
    expect(lock.held).toBe(true);
    network.refuse({ on: 'transact', error: refusal('no-space') });
    await expect(lock.transaction(writing)).rejects.toMatchObject({
      code: 'LOCK_STORE',
      outcome: 'not-applied',
    });
    await world().remove('locks-data/x');
  });

  it('works on every handle of a lock that is taken again', async () => {
    const { locks } = world().instance();
    await locks.withLock('k', async () => {
      const inner = await locks.acquire('k');
      const reply = await inner.transaction({ success: [] });
      expect(reply.succeeded).toBe(true);
      await inner.release();
      await expect(inner.transaction(writing)).rejects.toMatchObject({
        code: 'LOCK_NOT_HELD',
      });
    });
  });
});

describe('the signal of a lock', () => {
  it('is one and the same, and aborted already when it is first asked for after a loss', async () => {
    const { locks } = world().instance();
    const lock = await locks.acquire('k');
    world().clock.stall(20_000);
    expect(lock.held).toBe(false);
    expect(lock.signal.aborted).toBe(true);
    expect(lock.signal).toBe(lock.signal);
    expect(lock.signal.reason).toMatchObject({ code: 'LOCK_LOST', key: 'k' });
  });

  it('aborts once, whatever happens later', async () => {
    const { locks, events } = world().instance();
    const lock = await locks.acquire('k', { maxHold: '1s' });
    let aborts = 0;
    lock.signal.addEventListener('abort', () => (aborts += 1));
    await world().advance(1_000);
    world().clock.stall(60_000);
    expect(lock.held).toBe(false);
    await lock.release();
    expect(aborts).toBe(1);
    expect(events.filter(({ type }) => type === 'lost')).toHaveLength(1);
  });
});
