import { describe, expect, it } from 'vitest';
import { follow } from '../support/follow.js';
import { operationsOf } from '../support/operations.js';
import { refuseEpochs } from '../support/refuse-epochs.js';
import { useWorld } from '../support/world.js';

const world = useWorld();

describe('minHold', () => {
  it('keeps others out for the rest of its time after an early release', async () => {
    const { locks } = world().instance();
    const [rival] = await world().queueUp(1, 'other');
    const lock = await locks.acquire('k', { minHold: '10s' });
    await world().advance(3_000);
    await lock.release();
    expect(lock.held).toBe(false);
    const waiter = follow(rival!.locks.acquire('k', { waitTimeout: '20s' }));
    await world().advance(6_999);
    expect(await rival!.locks.tryAcquire('k')).toBeNull();
    expect(waiter.state).toBe('pending');
    await world().advance(1);
    expect(waiter.value?.held).toBe(true);
  });

  it.each([0, 3_000])(
    'does not end early when the wall clock is set forward, %d ms after the release',
    async (after) => {
      const { locks } = world().instance();
      const rival = world().instance();
      const lock = await locks.acquire('k', { minHold: '10s' });
      await world().advance(3_000);
      if (after === 0) world().clock.stepWall(5_000);
      await lock.release();
      await world().advance(after);
      if (after > 0) world().clock.stepWall(5_000);
      await world().advance(6_999 - after);
      expect(await rival.locks.tryAcquire('k')).toBeNull();
      await world().advance(1);
      expect(await world().outcome(rival.locks.tryAcquire('k'))).not.toBeNull();
    },
  );

  it('does not end early when the wall clock is set forward while etcd is slow', async () => {
    const { locks, network } = world().instance();
    const rival = world().instance();
    const lock = await locks.acquire('k', { minHold: '10s' });
    const slow = network.holdReplies({ on: 'transact' });
    const releasing = follow(lock.release());
    await world().advance(2_000);
    world().clock.stepWall(60_000);
    slow.lift();
    await world().advance(7_999);
    expect(releasing.state).toBe('resolved');
    expect(await rival.locks.tryAcquire('k')).toBeNull();
    await world().advance(1);
    expect(await world().outcome(rival.locks.tryAcquire('k'))).not.toBeNull();
  });

  it('keeps callers of the own process out as well', async () => {
    const { locks } = world().instance();
    const lock = await locks.acquire('k', { minHold: '10s' });
    const behind = follow(locks.acquire('k', { waitTimeout: '20s' }));
    await lock.release();
    expect(await locks.tryAcquire('k')).toBeNull();
    await world().advance(9_999);
    expect(behind.state).toBe('pending');
    await world().advance(1);
    expect(behind.value?.held).toBe(true);
    await behind.value!.release();
    expect(await world().outcome(locks.tryAcquire('k'))).not.toBeNull();
  });

  it('does nothing when the lock was held for longer', async () => {
    const { locks, traffic } = world().instance();
    const lock = await locks.acquire('k', { minHold: '1s' });
    await world().advance(1_000);
    await lock.release();
    expect(traffic.count('grantLease')).toBe(1);
    expect(await world().tickets('k')).toEqual([]);
  });

  it('leaves the name of its ticket to the next one once it is over', async () => {
    const { locks } = world().instance();
    const names = new Set<string>();
    for (let round = 0; round < 4; round += 1) {
      const lock = await locks.acquire('k', { minHold: '3s' });
      for (const { key } of await world().tickets('k')) names.add(key);
      await lock.release();
      await world().advance(3_000);
      expect(await world().tickets('k')).toEqual([]);
    }
    expect(names.size).toBe(1);
  });

  it('keeps its place, in one guarded transaction, on a lease of its own', async () => {
    const { locks, traffic } = world().instance();
    const lock = await locks.acquire(['k', 'l'], { minHold: '10s' });
    const [before] = await world().tickets('k');
    const sent = traffic.transactions.length;
    await lock.release();
    const [move, ...rest] = traffic.transactions.slice(sent);
    expect(rest).toEqual([]);
    expect(move!.compare).toHaveLength(2);
    expect(operationsOf(move!)).toMatchObject([
      { kind: 'put' },
      { kind: 'put' },
    ]);
    const [after] = await world().tickets('k');
    expect(after).toMatchObject({
      key: before!.key,
      createRevision: before!.createRevision,
      lease: traffic.leases[1],
    });
    await world().advance(10_000);
  });

  it('still holds after the client was closed, and ends on time', async () => {
    const { locks } = world().instance();
    const lock = await locks.acquire('k', { minHold: '10s' });
    await world().advance(1_000);
    void lock.release();
    await world().outcome(locks.close());
    const rival = world().instance();
    await world().advance(8_999);
    expect(await rival.locks.tryAcquire('k')).toBeNull();
    await world().advance(1);
    expect(await world().outcome(rival.locks.tryAcquire('k'))).not.toBeNull();
  });

  it('holds when a shutdown takes the lock from its holder', async () => {
    const { locks } = world().instance();
    const lock = await locks.acquire('k', { minHold: '10s' });
    await world().outcome(locks.close());
    expect(lock.held).toBe(false);
    expect(await world().tickets('k')).toHaveLength(1);
    await world().advance(10_000);
    expect(await world().tickets('k')).toEqual([]);
  });

  it('ends with its lease when the process dies after the release', async () => {
    const { locks, network } = world().instance();
    const lock = await locks.acquire('k', { minHold: '10s' });
    await lock.release();
    network.cut();
    await world().advance(9_999);
    expect(await world().tickets('k')).toHaveLength(1);
    await world().advance(1);
    expect(await world().tickets('k')).toEqual([]);
  });

  it('is as long as the lease when the process dies before the release', async () => {
    const { locks, network } = world().instance();
    await locks.acquire('k', { minHold: '60s' });
    network.cut();
    await world().advance(14_999);
    expect(await world().tickets('k')).toHaveLength(1);
    await world().advance(1);
    expect(await world().tickets('k')).toEqual([]);
  });

  it.each(['loseReplies', 'refuse'] as const)(
    'is kept though the grant and the move fail at first (%s)',
    async (fault) => {
      const { locks, network, traffic, events } = world().instance();
      const lock = await locks.acquire('k', { minHold: '10s' });
      network[fault]({ on: 'grantLease', times: 2 });
      network[fault]({ on: 'transact', times: 2 });
      await world().outcome(lock.release(), 1_000);
      const [ticket] = await world().tickets('k');
      expect(traffic.leases).toHaveLength(2);
      await world().advance(9_000);
      expect((await world().tickets('k'))[0]).toEqual(ticket);
      await world().advance(1_000);
      expect(await world().tickets('k')).toEqual([]);
      expect(events.filter(({ type }) => type === 'lost')).toEqual([]);
    },
  );

  it('does not take a kept ticket for a new one when its end is uncertain', async () => {
    const { locks, network } = world().instance();
    const lock = await locks.acquire('k', { minHold: '500ms' });
    const [kept] = await world().tickets('k');
    await lock.release();
    // etcd grants two seconds at least; this is the call that would end them earlier.
    network.refuse({ on: 'revokeLease' });
    const next = follow(locks.acquire('k'));
    await world().advance(600);
    expect(await world().tickets('k')).toHaveLength(2);
    expect(next.state).toBe('pending');
    const again = follow(locks.acquire('k', { ttl: '5s' }));
    await world().advance(1_000);
    const shared = follow(locks.acquire('k', { mode: 'shared' }));
    await world().settle();
    const names = (await world().tickets('k')).map(({ key }) => key);
    expect(new Set(names).size).toBe(4);
    expect(names[0]).toBe(kept!.key);
    await world().advance(1_000);
    expect(next.value?.held).toBe(true);
    await next.value!.release();
    await world().settle();
    await again.value!.release();
    await world().settle();
    await shared.value!.release();
  });

  it('gives its lease back when the ticket turns out to be gone', async () => {
    const { locks, events } = world().instance();
    const lock = await locks.acquire('k', { minHold: '60s' });
    const [ticket] = await world().tickets('k');
    await world().remove(ticket!.key);
    await lock.release();
    await world().settle();
    expect(events).toContainEqual(
      expect.objectContaining({ type: 'lost', reason: 'taken' }),
    );
    expect(await world().leases()).toHaveLength(1);
  });

  it('is no loss when the kept ticket is gone before its move was confirmed', async () => {
    const { locks, network, events } = world().instance();
    const lock = await locks.acquire('k', { minHold: '60s' });
    const [ticket] = await world().tickets('k');
    network.loseReplies({ on: 'transact' });
    const releasing = follow(lock.release());
    await world().settle();
    await world().remove(ticket!.key);
    await world().advance(1_000);
    expect(releasing.state).toBe('resolved');
    expect(events.at(-1)).toMatchObject({ type: 'released' });
    await world().advance(59_000);
    expect(await world().leases()).toHaveLength(1);
  });

  it('is not undone by a late rewrite of the ticket', async () => {
    const { locks, network } = world().instance();
    const [rival] = await world().queueUp(1);
    const abort = new AbortController();
    const head = follow(locks.acquire('k', { signal: abort.signal }));
    await world().settle();
    const heir = follow(
      locks.acquire('k', { metadata: { heir: true }, minHold: '10s' }),
    );
    abort.abort();
    await world().settle();
    expect(head.state).toBe('rejected');
    // The rewrite is on its way for so long that its caller gives up.
    const rewrite = network.holdRequests({ on: 'transact' });
    await rival!.lock.release();
    await world().advance(5_000);
    await world().outcome(heir.value!.release(), 100);
    rewrite.lift();
    await world().advance(5_000);
    expect(await world().tickets('k')).toEqual([]);
  });
});

describe('maxHold', () => {
  it('ends the lock when it is over, and lets the next one in', async () => {
    const [holder, waiter] = [
      ...(await world().queueUp(1, 'k', { maxHold: '10s' })),
      ...(await world().queueUp(1)),
    ];
    const { lock, events } = holder!;
    const { signal } = lock;
    expect(lock.remaining()).toBe(10_000);
    await world().advance(9_999);
    expect(lock.held).toBe(true);
    await world().advance(1);
    expect(lock.held).toBe(false);
    expect(signal.reason).toMatchObject({
      code: 'LOCK_LOST',
      reason: 'max-hold',
    });
    expect(waiter!.lock.held).toBe(true);
    expect(events).toContainEqual(
      expect.objectContaining({ type: 'lost', reason: 'max-hold' }),
    );
  });

  it('is known at once after the event loop was stalled', async () => {
    const { locks } = world().instance();
    const lock = await locks.acquire('k', { maxHold: '5s' });
    const { signal } = lock;
    world().clock.stall(5_000);
    expect(lock.held).toBe(false);
    expect(signal.aborted).toBe(true);
    expect(() => lock.assertHeld()).toThrow(/held for longer than 5000 ms/);
  });

  it('never prolongs what the lease allows', async () => {
    const { locks } = world().instance();
    const lock = await locks.acquire('k', { maxHold: '60s' });
    expect(lock.remaining()).toBe(14_250);
  });

  it('counts for nothing once the lock is released', async () => {
    const { locks, events } = world().instance();
    const lock = await locks.acquire('k', { maxHold: '10s' });
    await lock.release();
    await world().advance(20_000);
    expect(events.filter(({ type }) => type === 'lost')).toEqual([]);
  });
});

describe('minHold, where an entry may come late and its epoch cannot be closed,', () => {
  it('is kept', async () => {
    const { locks, network, traffic } = world().instance();
    const rival = world().instance();
    refuseEpochs(traffic, 'permission-denied');
    network.loseReplies({ on: 'transact' });
    const lock = await world().outcome(
      locks.acquire('k', { minHold: '10s' }),
      1_000,
    );
    await lock.release();
    const next = follow(rival.locks.acquire('k', { waitTimeout: '20s' }));
    await world().advance(8_000);
    expect(next.state).toBe('pending');
    await world().advance(3_000);
    expect(next.value?.held).toBe(true);
  });

  it('ends, though the entry comes once more and its session lives on', async () => {
    const { locks, network, traffic } = world().instance();
    const rival = world().instance();
    await rival.locks.acquire('another');
    refuseEpochs(traffic, 'permission-denied');
    const entering = network.holdRequests({ on: 'transact' });
    const lock = await world().outcome(
      locks.acquire('k', { minHold: '3s' }),
      6_000,
    );
    const other = await locks.acquire('other');
    network.loseReplies({ on: 'revokeLease' });
    await lock.release();
    await world().advance(10_000);
    entering.lift();
    await world().settle();
    expect(await world().tickets('k')).toHaveLength(1);
    const next = follow(rival.locks.acquire('k', { waitTimeout: Infinity }));
    await world().advance(16_000);
    expect(next.value?.held).toBe(true);
    expect(other.held).toBe(true);
  });
});
