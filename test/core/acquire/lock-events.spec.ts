import { describe, expect, it } from 'vitest';
import type { LockEvent } from '../../../lib/core/index.js';
import { follow } from '../support/follow.js';
import { useWorld } from '../support/world.js';

const world = useWorld();

describe('the events of a client', () => {
  it('tell the life of a lock', async () => {
    const [holder] = await world().queueUp(1);
    const { locks, events, traffic } = world().instance();
    const started = world().clock.now().wall;
    const call = follow(locks.acquire('k', { template: 'any k' }));
    const about = { call: 1, key: 'k', template: 'any k' };
    await world().advance(2_000);
    await holder!.lock.release();
    await world().advance(3_000);
    await call.value!.release();
    expect(events).toEqual([
      { type: 'requested', at: started, ...about },
      {
        type: 'session-opened',
        at: started,
        lease: traffic.leases[0]!.toString(16),
        ttlMs: 15_000,
      },
      { type: 'waiting', at: started, ...about, ahead: 1 },
      {
        type: 'acquired',
        at: started + 2_000,
        ...about,
        fencingToken: call.value!.fencingToken,
        waitedMs: 2_000,
        handOverMs: 0,
      },
      {
        type: 'renewed',
        at: started + 5_000,
        lease: traffic.leases[0]!.toString(16),
        marginMs: 9_250,
        ttlMs: 15_000,
      },
      { type: 'released', at: started + 5_000, ...about, heldMs: 3_000 },
    ]);
  });

  it('tell who was turned away', async () => {
    await world().queueUp(1);
    const { locks, events } = world().instance();
    await locks.tryAcquire('k');
    const call = follow(locks.acquire('k', { waitTimeout: '1s' }));
    await world().advance(1_000);
    expect(call.state).toBe('rejected');
    expect(events.map(({ type }) => type)).toEqual([
      'requested',
      'session-opened',
      'busy',
      'requested',
      'waiting',
      'timeout',
    ]);
    expect(events.at(-1)).toMatchObject({ key: 'k', waitedMs: 1_000, call: 2 });
  });

  it('tell of each call that came to nothing', async () => {
    await world().queueUp(1);
    const { locks, events, network } = world().instance();
    const giver = new AbortController();
    const { signal } = giver;
    const call = follow(locks.acquire('k', { signal }));
    await world().advance(10);
    giver.abort('enough');
    await world().advance(10);
    expect(call.state).toBe('rejected');
    expect(events.at(-1)).toMatchObject({
      type: 'failed',
      call: 1,
      waitedMs: 10,
      error: 'enough',
    });
    network.refuse({ times: Infinity });
    await world().failure(locks.tryAcquire('k'), 10_000);
    expect(events.at(-1)).toMatchObject({
      type: 'failed',
      call: 2,
      error: { code: 'LOCK_STORE' },
    });
    expect(events.filter(({ type }) => type === 'requested')).toHaveLength(2);
  });

  it('tell how long a lock lay idle between two callers of one process', async () => {
    const { locks, events, network } = world().instance();
    const first = await locks.acquire('k');
    const second = follow(locks.acquire('k'));
    await world().advance(1_000);
    network.delayRequests(40, { on: 'transact' });
    await Promise.all([first.release(), world().advance(100)]);
    await second.value!.release();
    const acquired = events.filter((event) => event.type === 'acquired');
    expect(acquired).toMatchObject([
      { call: 1, waitedMs: 0, handOverMs: undefined },
      { call: 2, waitedMs: 1_040, handOverMs: 40 },
    ]);
  });

  it('tell at each renewal how much time was left', async () => {
    const { locks, events, network, traffic } = world().instance();
    await locks.acquire('k');
    await world().advance(5_000);
    network.delayRequests(1_000, { on: 'keepAlive' });
    await world().advance(6_000);
    const lease = traffic.leases[0]!.toString(16);
    expect(events.filter(({ type }) => type === 'renewed')).toMatchObject([
      { lease, ttlMs: 15_000, marginMs: 9_250 },
      { lease, ttlMs: 15_000, marginMs: 8_250 },
    ]);
  });

  it('come with a trace of the call in its ticket, if there is one', async () => {
    const { locks } = world().instance();
    locks.traceWith((call) => {
      if (call === 1) return '00-trace-1';
      throw new Error('from a tracer');
    });
    await locks.acquire('a');
    await locks.acquire('b');
    const traces = (await locks.list()).map(({ holders }) => holders[0]?.trace);
    expect(traces).toEqual(['00-trace-1', undefined]);
  });

  it('tell the end of a lease, and of each lock on it', async () => {
    const { locks, events, traffic, network } = world().instance();
    await locks.acquire('a');
    await locks.acquire('b');
    network.holdWatches();
    world().cluster.revokeLease(traffic.leases[0]!);
    await world().advance(5_000);
    const ends = events.filter(({ type }) => type.endsWith('lost'));
    expect(ends).toMatchObject([
      { type: 'session-lost', lease: traffic.leases[0]!.toString(16) },
      { type: 'lost', key: 'a', reason: 'session' },
      { type: 'lost', key: 'b', reason: 'session' },
    ]);
  });

  it('tell what went wrong where nobody waits for it', async () => {
    const { locks, events, network } = world().instance();
    await locks.acquire('k');
    network.refuse({ on: 'revokeLease' });
    await world().outcome(locks.close());
    expect(events.at(-1)).toMatchObject({
      type: 'background-failure',
      error: { reason: 'unavailable' },
    });
  });
});

describe('a listener', () => {
  it('that throws disturbs neither the lock nor other listeners', async () => {
    const { locks } = world().instance();
    const heard: string[] = [];
    locks.subscribe(() => {
      throw new Error('from a listener');
    });
    locks.subscribe(({ type }) => heard.push(type));
    const lock = await locks.acquire('k');
    expect(lock.held).toBe(true);
    await lock.release();
    expect(heard).toEqual([
      'requested',
      'session-opened',
      'acquired',
      'released',
    ]);
  });

  it('hears nothing after it has unsubscribed', async () => {
    const { locks } = world().instance();
    const heard: LockEvent[] = [];
    const stop = locks.subscribe((event) => heard.push(event));
    await locks.withLock('k', () => {});
    const { length } = heard;
    stop();
    stop();
    await locks.withLock('k', () => {});
    expect(heard).toHaveLength(length);
  });

  it('that is subscribed twice hears twice, and each stops by itself', async () => {
    const { locks } = world().instance();
    let heard = 0;
    const listener = () => void (heard += 1);
    const stop = locks.subscribe(listener);
    locks.subscribe(listener);
    await locks.acquire('a');
    expect(heard).toBe(6);
    stop();
    await locks.acquire('b');
    expect(heard).toBe(8);
  });

  it('may use the client while it listens', async () => {
    const { locks } = world().instance();
    let nested: Promise<unknown> | undefined;
    const stop = locks.subscribe(({ type }) => {
      if (type !== 'acquired') return;
      stop();
      nested = locks.withLock('other', () => {});
    });
    await locks.withLock('k', () => {});
    await expect(nested).resolves.toBeUndefined();
  });
});
