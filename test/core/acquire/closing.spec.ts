import { describe, expect, it } from 'vitest';
import { follow } from '../support/follow.js';
import { useWorld } from '../support/world.js';

const world = useWorld();

describe('drain', () => {
  it('rejects those who wait and those who come, and lets the holders go on', async () => {
    const [holder] = await world().queueUp(1);
    const { locks, traffic } = world().instance();
    const held = await locks.acquire('mine');
    const options = [{}, { mode: 'shared' as const }, { dedicatedLease: true }];
    const waiting = options.map((each) => follow(locks.acquire('k', each)));
    const behind = follow(locks.acquire('mine'));
    await world().settle();
    locks.drain();
    await world().settle();
    for (const { error } of [...waiting, behind]) {
      expect(error).toMatchObject({ code: 'LOCK_CLOSED' });
    }
    expect(await world().tickets('k')).toHaveLength(1);
    const before = traffic.count();
    const late = [
      locks.acquire('new'),
      locks.tryAcquire('new'),
      locks.withLock('new', () => {}),
    ];
    for (const asking of late) {
      await expect(asking).rejects.toMatchObject({
        code: 'LOCK_CLOSED',
        key: 'new',
      });
    }
    expect(traffic.count()).toBe(before);
    await world().advance(60_000);
    expect(held.held).toBe(true);
    expect(holder!.lock.held).toBe(true);
  });

  it('reaches those whose session is just being opened', async () => {
    const { locks, network } = world().instance();
    const slow = network.holdReplies({ on: 'grantLease' });
    const call = follow(locks.acquire('k'));
    await world().settle();
    locks.drain();
    await world().settle();
    expect(call.error).toMatchObject({ code: 'LOCK_CLOSED' });
    slow.lift();
    await world().settle();
    expect(await world().tickets('k')).toEqual([]);
  });
});

describe('releaseAll', () => {
  it('waits for the holders up to its grace, then takes their locks away', async () => {
    const { locks } = world().instance();
    const quick = await locks.acquire('quick');
    const slow = await locks.acquire('slow');
    const { signal } = slow;
    locks.drain();
    const done = follow(locks.releaseAll('5s'));
    await world().advance(1_000);
    await quick.release();
    await world().advance(3_999);
    expect(slow.held).toBe(true);
    expect(done.state).toBe('pending');
    await world().advance(1);
    expect(slow.held).toBe(false);
    expect(signal.reason).toMatchObject({
      code: 'LOCK_LOST',
      reason: 'shutdown',
    });
    expect(done.state).toBe('resolved');
    expect(await world().keys()).toEqual([]);
  });

  it('does not wait longer than the holders need', async () => {
    const { locks } = world().instance();
    const lock = await locks.acquire('k');
    const done = follow(locks.releaseAll('60s'));
    await lock.release();
    await world().settle();
    expect(done.state).toBe('resolved');
  });

  it('resolves when etcd has confirmed, or after the time of one request', async () => {
    const { locks, network } = world().instance();
    await locks.acquire('k');
    network.holdRequests({ on: 'transact', times: Infinity });
    const done = follow(locks.releaseAll());
    await world().advance(4_499);
    expect(done.state).toBe('pending');
    await world().advance(1);
    expect(done.state).toBe('resolved');
  });

  it('waits for removals that were under way before', async () => {
    const { locks, network } = world().instance();
    const lock = await locks.acquire('k');
    const slow = network.holdRequests({ on: 'transact' });
    void lock.release();
    const done = follow(locks.releaseAll());
    await world().advance(1_000);
    expect(done.state).toBe('pending');
    slow.lift();
    await world().settle();
    expect(done.state).toBe('resolved');
  });

  it.each([-1, NaN, 'soon'])('refuses a grace of %s', async (grace) => {
    const { locks } = world().instance();
    await expect(locks.releaseAll(grace as number)).rejects.toMatchObject({
      code: 'LOCK_CONFIGURATION',
      message: expect.stringContaining('"grace"'),
    });
  });
});

describe('close', () => {
  it('leaves nothing: no ticket, no lease, no watch, no timer', async () => {
    const { locks, traffic } = world().instance();
    const [rival] = await world().queueUp(1, 'contended');
    const held = await locks.acquire('a');
    await locks.acquire('b', { mode: 'shared' });
    await locks.acquire('c', { dedicatedLease: true, ttl: '5s' });
    await locks.acquire(['d', 'e'], { permits: 2 });
    const waiting = follow(locks.acquire('contended'));
    await world().advance(3_000);
    const closed = follow(locks.close());
    await world().settle();
    expect(closed.state).toBe('resolved');
    expect(held.held).toBe(false);
    expect(waiting.error).toMatchObject({ code: 'LOCK_CLOSED' });
    expect(await world().keys()).toHaveLength(1);
    expect(await world().leases()).toEqual(rival!.traffic.leases);
    expect(traffic.watched.size).toBe(0);
    await world().outcome(rival!.locks.close());
    expect(world().clock.pendingTimers).toBe(0);
  });

  it('releases before it revokes, and leaves the store open', async () => {
    const { locks, traffic } = world().instance();
    await locks.acquire('k');
    await world().outcome(locks.close());
    expect(traffic.calls.slice(-2)).toEqual(['transact', 'revokeLease']);
    expect(traffic.closed).toBe(false);
  });

  it('is done once, however often it is called', async () => {
    const { locks, traffic } = world().instance();
    await locks.acquire('k');
    const closings = [locks.close(), locks.close()];
    expect(closings[0]).toBe(closings[1]);
    await world().outcome(Promise.all(closings));
    const before = traffic.count();
    await locks.close();
    expect(traffic.count()).toBe(before);
  });

  it('of an unused client sends nothing', async () => {
    const { locks, traffic } = world().instance();
    await world().outcome(locks.close());
    expect(traffic.count()).toBe(0);
  });

  it('lets the next waiter of another process in at once', async () => {
    const [holder, waiter] = await world().queueUp(2);
    const { mono } = world().clock.now();
    await world().outcome(holder!.locks.close());
    expect(waiter!.lock.held).toBe(true);
    expect(world().clock.now().mono).toBe(mono);
  });

  it('rejects a withLock that is running, at once', async () => {
    const { locks } = world().instance();
    const outcome = follow(locks.withLock('k', () => new Promise(() => {})));
    await world().settle();
    await world().outcome(locks.close());
    expect(outcome.error).toMatchObject({
      code: 'LOCK_LOST',
      reason: 'shutdown',
    });
  });

  it('comes to an end though etcd does not answer', async () => {
    const { locks, network } = world().instance();
    await locks.acquire('k');
    network.cut();
    const closed = follow(locks.close());
    await world().advance(9_000);
    expect(closed.state).toBe('resolved');
    await expect(locks.acquire('k')).rejects.toMatchObject({
      code: 'LOCK_CLOSED',
    });
  });

  it('waits for a lease that is just being granted, and ends it', async () => {
    const { locks, network } = world().instance();
    const slow = network.holdReplies({ on: 'grantLease' });
    const call = follow(locks.acquire('k', { dedicatedLease: true }));
    await world().settle();
    const closed = follow(locks.close());
    await world().settle();
    expect(call.error).toMatchObject({ code: 'LOCK_CLOSED' });
    expect(closed.state).toBe('pending');
    slow.lift();
    await world().settle();
    expect(closed.state).toBe('resolved');
    expect(await world().leases()).toEqual([]);
  });
});
