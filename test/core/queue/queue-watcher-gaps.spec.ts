import { describe, expect, it } from 'vitest';
import type { Watch } from '../../../lib/core/index.js';
import { follow } from '../support/follow.js';
import { useWorld } from '../support/world.js';

const world = useWorld();

const RECHECK_MS = 5_000;

describe('a watch that misses something', () => {
  it('because the ticket ahead left before the watch was made: reads', async () => {
    const holder = world().instance();
    const lock = await holder.locks.acquire('k');
    const waiter = world().instance();
    const watch = waiter.traffic.watch.bind(waiter.traffic);
    let arrive = () => {};
    waiter.traffic.watch = (...request) => {
      let made: Watch | undefined;
      arrive = () => (made = watch(...request));
      return { cancel: (why) => made?.cancel(why) };
    };
    const call = follow(waiter.locks.acquire('k'));
    await world().settle();
    await lock.release();
    await world().settle();
    expect(call.state).toBe('pending');
    arrive();
    await world().settle();
    expect(call.state).toBe('resolved');
  });

  it('because it broke: reads once it is made anew', async () => {
    const [holder, waiter] = await world().queueUp(2);
    waiter!.network.endWatches();
    await holder!.lock.release();
    await world().settle();
    expect(waiter!.call.state).toBe('pending');
    await world().advance(100);
    expect(waiter!.call.state).toBe('resolved');
  });

  it('because it was made anew while the ticket was on its way: reads', async () => {
    const [first, second] = await world().queueUp(2);
    await first!.lock.release();
    await world().settle();
    await second!.lock.release();
    const [rival] = await world().queueUp(1);
    const reply = second!.network.holdReplies({ on: 'transact' });
    const call = follow(second!.locks.acquire('k'));
    await world().settle();
    second!.network.endWatches();
    await rival!.lock.release();
    await world().advance(100);
    expect(second!.traffic.count('watch')).toBe(2);
    reply.lift();
    await world().advance(100);
    expect(call.state).toBe('resolved');
  });

  it('because it stays silent: is found out by the next look, and replaced', async () => {
    const [holder, waiter] = await world().queueUp(2);
    const silent = waiter!.network.holdWatches();
    await holder!.lock.release();
    await world().advance(RECHECK_MS - 1);
    expect(waiter!.call.state).toBe('pending');
    await world().advance(1);
    expect(waiter!.call.state).toBe('resolved');
    // Once can be chance: it is only suspected.
    expect(waiter!.traffic.cancelled).toEqual([]);
    const [rival] = await world().queueUp(1);
    await waiter!.lock.release();
    await world().settle();
    const again = follow(waiter!.locks.acquire('k'));
    await world().settle();
    await rival!.lock.release();
    await world().advance(RECHECK_MS);
    expect(again.state).toBe('resolved');
    expect(waiter!.traffic.cancelled).toEqual(['silent']);
    silent.lift();
  });

  it('because nobody ever confirmed that it was made: is replaced at the next look', async () => {
    const holder = world().instance();
    await holder.locks.acquire('k');
    const waiter = world().instance();
    const silent = waiter.network.holdWatches();
    const call = follow(waiter.locks.acquire('k', { waitTimeout: Infinity }));
    await world().advance(RECHECK_MS);
    expect(waiter.traffic.cancelled).toEqual(['silent']);
    silent.lift();
    await world().settle();
    expect(call.state).toBe('pending');
  });

  it('does not wait for a keep-alive or a renewed look in the common case', async () => {
    const [holder, waiter] = await world().queueUp(2);
    const { mono } = world().clock.now();
    await holder!.lock.release();
    await world().settle();
    expect(waiter!.call.state).toBe('resolved');
    expect(world().clock.now().mono).toBe(mono);
  });
});

describe('an etcd whose members disagree', () => {
  it('is not asked without pause for what one of them has told', async () => {
    const [holder] = await world().queueUp(1);
    const { locks, traffic } = world().instance();
    const watch = traffic.watch.bind(traffic);
    traffic.watch = (range, listener, options) =>
      watch(
        range,
        {
          ...listener,
          created: (revision) => listener.created(revision + 1000n),
          events: (events) => listener.events(events),
          ended: (error) => listener.ended(error),
        },
        options,
      );
    const transact = traffic.transact.bind(traffic);
    // Who asks without pause would never let this test end.
    traffic.transact = (...call) =>
      traffic.count('transact') < 100
        ? transact(...call)
        : new Promise(() => {});
    const call = follow(locks.acquire('k', { waitTimeout: '5s' }));
    await world().advance(2_000);
    expect(traffic.count('transact')).toBeLessThan(20);
    await holder!.lock.release();
    await world().advance(1_000);
    expect(call.state).toBe('resolved');
    await call.value!.release();
    await world().advance(2_000);
  });
});

describe('a waiter to whom nothing happens', () => {
  it('looks three times in a TTL, and asks nothing else', async () => {
    const [, waiter] = await world().queueUp(2);
    const { traffic } = waiter!;
    const before = traffic.count('transact') + traffic.count('read');
    await world().advance(15_000);
    const looks = traffic.count('transact') + traffic.count('read') - before;
    expect(looks).toBe(3);
    expect(waiter!.call.state).toBe('pending');
  });
});

describe('an own ticket that is deleted by somebody', () => {
  it('while waiting: goes to the end of the queue', async () => {
    const [holder, waiter, later] = await world().queueUp(3);
    const tickets = await world().tickets('k');
    await world().remove(tickets[1]!.key);
    await world().settle();
    const after = await world().tickets('k');
    expect(after.map(({ lease }) => lease)).toEqual([
      tickets[0]!.lease,
      tickets[2]!.lease,
      tickets[1]!.lease,
    ]);
    await holder!.lock.release();
    await world().settle();
    expect(later!.call.state).toBe('resolved');
    await later!.lock.release();
    await world().settle();
    expect(waiter!.call.state).toBe('resolved');
  });

  it('in a long queue, heard of later than of the one before it: is not taken for its own', async () => {
    const waiters = await world().queueUp(10);
    const late = world().instance();
    const watch = late.traffic.watch.bind(late.traffic);
    let own = '';
    let hear = () => {};
    late.traffic.watch = (range, listener, options) =>
      watch(
        range,
        {
          ...listener,
          events: (events) => {
            if (range.key !== own) listener.events(events);
            else hear = () => listener.events(events);
          },
        },
        options,
      );
    const call = follow(late.locks.acquire('k'));
    await world().settle();
    const next = world().instance();
    const behind = follow(next.locks.acquire('k'));
    await world().settle();
    const tickets = (await world().tickets('k')).map(({ key }) => key);
    own = tickets[10]!;
    for (const ticket of tickets.slice(1, 10)) await world().remove(ticket);
    // It looks, and follows the only one left before it.
    await world().advance(RECHECK_MS);
    await world().remove(own);
    await waiters[0]!.lock.release();
    await world().settle();
    expect(behind.value?.held).toBe(true);
    expect(call.state).toBe('pending');
    hear();
    await world().settle();
    // It stands in the queue again, as all do whose tickets were deleted.
    expect(await world().tickets('k')).toHaveLength(11);
    expect(call.state).toBe('pending');
  });

  it('while waiting for another key, behind many readers: is noticed at once', async () => {
    for (let reader = 0; reader < 9; reader += 1)
      await world().instance().locks.acquire('k', { mode: 'shared' });
    const writer = await world().instance().locks.acquire('other');
    const waiter = world().instance();
    const call = follow(
      waiter.locks.acquire(['k', 'other'], { mode: 'shared' }),
    );
    await world().settle();
    const [own] = (await world().tickets('k')).slice(-1);
    await world().remove(own!.key);
    await world().settle();
    expect(await world().tickets('k')).toHaveLength(10);
    await writer.release();
    await world().settle();
    expect(call.value?.held).toBe(true);
    expect(await world().tickets('k')).toHaveLength(10);
  });

  it.each([
    ['after a wait, by the watch it has', 2, 0],
    ['taken at once, by the watch it opens after 100 ms', 1, 100],
  ])('while holding %s: is lost', async (_, count, afterMs) => {
    const waiters = await world().queueUp(count);
    for (const { lock } of waiters.slice(0, -1)) await lock.release();
    await world().settle();
    const { lock, events } = waiters.at(-1)!;
    const { signal } = lock;
    const [ticket] = await world().tickets('k');
    await world().remove(ticket!.key);
    await world().advance(afterMs);
    expect(signal.aborted).toBe(true);
    expect(lock.held).toBe(false);
    expect(signal.reason).toMatchObject({ reason: 'taken' });
    expect(events).toContainEqual(
      expect.objectContaining({ type: 'lost', reason: 'taken', key: 'k' }),
    );
  });

  it('while holding and without a watch: is lost when that is made anew', async () => {
    const [holder] = await world().queueUp(1);
    const lock = holder!.lock;
    await world().advance(1_000);
    holder!.network.endWatches();
    const [ticket] = await world().tickets('k');
    await world().remove(ticket!.key);
    await world().settle();
    expect(lock.held).toBe(true);
    await world().advance(100);
    expect(lock.held).toBe(false);
  });

  it('while holding and unnoticed: comes out at the release', async () => {
    const { locks } = world().instance();
    const outcome = follow(
      locks.withLock('k', async () => {
        const [ticket] = await world().tickets('k');
        await world().remove(ticket!.key);
        return 'done';
      }),
    );
    await world().settle();
    expect(outcome.error).toMatchObject({ code: 'LOCK_LOST', reason: 'taken' });
  });
});

describe('a waiter whose watch is made anew', () => {
  it('is not admitted by what it hears before it knows that its own ticket still stands', async () => {
    const [holder, waiter] = await world().queueUp(2);
    const [held, own] = await world().tickets('k');
    const { network, call } = waiter!;
    network.endWatches();
    await world().remove(own!.key);
    const reads = network.holdReplies({ on: 'read', times: Infinity });
    const looks = network.holdReplies({ on: 'transact', times: Infinity });
    await world().advance(100);
    await world().remove(held!.key);
    await world().advance(10);
    expect(call.state).toBe('pending');
    reads.lift();
    looks.lift();
    await world().advance(2_000);
    // It has queued again, and is served by its new ticket.
    expect(waiter!.lock.held).toBe(true);
    expect((await world().tickets('k'))[0]!.createRevision).toBeGreaterThan(
      own!.createRevision,
    );
    expect(holder!.lock.held).toBe(false);
  });
});
