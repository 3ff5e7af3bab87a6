import { StoreError } from '../../../lib/core/index.js';
import { describe, expect, it } from 'vitest';
import { MemoryRoom } from '../../support/witness-room.js';
import { Witness } from '../../support/witness.js';
import { follow } from '../support/follow.js';
import { refusal } from '../support/network.js';
import { operationsOf } from '../support/operations.js';
import { useWorld } from '../support/world.js';

const world = useWorld();

describe('callers of one process on one exclusive key', () => {
  it('have one ticket, however many they are', async () => {
    await world().queueUp(1);
    const { locks, traffic } = world().instance();
    const calls = Array.from({ length: 50 }, () =>
      follow(locks.acquire('k', { waitTimeout: Infinity })),
    );
    await world().settle();
    expect(await world().tickets('k')).toHaveLength(2);
    expect(traffic.count('transact')).toBe(1);
    expect(calls.every(({ state }) => state === 'pending')).toBe(true);
  });

  it('are served in the order in which they came', async () => {
    const { locks } = world().instance();
    const order: number[] = [];
    const witness = new Witness(new MemoryRoom());
    await Promise.all(
      Array.from({ length: 20 }, (_, index) =>
        locks.withLock('k', async (lock) => {
          order.push(index);
          await witness.attend(lock, Promise.resolve());
        }),
      ),
    );
    expect(order).toEqual(Array.from({ length: 20 }, (_, index) => index));
    expect(witness).toMatchObject({ violations: [], tokensGrow: true });
  });

  it('take turns with other processes', async () => {
    const a = world().instance();
    const b = world().instance();
    const order: string[] = [];
    const work = (who: string) => () => void order.push(who);
    const first = await a.locks.acquire('k');
    const tasks = [
      a.locks.withLock('k', work('a1')),
      a.locks.withLock('k', work('a2')),
      b.locks.withLock('k', work('b1')),
      b.locks.withLock('k', work('b2')),
    ];
    await world().settle();
    await first.release();
    await Promise.all(tasks);
    expect(order).toEqual(['b1', 'a1', 'b2', 'a2']);
  });

  it('keep their place when the first of them leaves: the next one inherits it', async () => {
    const [holder] = await world().queueUp(1);
    const { locks } = world().instance();
    const abort = new AbortController();
    const head = follow(
      locks.acquire('k', { signal: abort.signal, metadata: { who: 'head' } }),
    );
    const heir = follow(locks.acquire('k', { metadata: { who: 'heir' } }));
    await world().settle();
    const [later] = await world().queueUp(1);
    const [, before] = await world().tickets('k');
    abort.abort();
    await world().settle();
    expect(head.state).toBe('rejected');
    expect((await world().tickets('k'))[1]).toEqual(before);
    await holder!.lock.release();
    await world().settle();
    expect(heir.value?.held).toBe(true);
    expect(later!.call.state).toBe('pending');
    const { holders } = await locks.inspect('k');
    expect(holders).toMatchObject([
      {
        createRevision: before!.createRevision,
        metadata: { who: 'heir' },
      },
    ]);
  });

  it('do not hear what was wrong with the request of one who has left', async () => {
    const { locks, traffic } = world().instance();
    const transact = traffic.transact.bind(traffic);
    traffic.transact = (transaction, call) =>
      operationsOf(transaction).some(
        (one) => one.kind === 'put' && one.value.includes('large'),
      )
        ? refusedLater
        : transact(transaction, call);
    let refuse = () => {};
    const refusedLater = new Promise<never>((_, reject) => {
      refuse = () => reject(refusal('too-large'));
    });
    const abort = new AbortController();
    const metadata = { size: 'large' };
    const head = follow(locks.acquire('k', { signal: abort.signal, metadata }));
    await world().settle();
    const heir = follow(locks.acquire('k'));
    abort.abort();
    await world().settle();
    refuse();
    await world().advance(100);
    expect(head.state).toBe('rejected');
    expect(heir.value?.held).toBe(true);
  });

  it('have a ticket that says whose it is, also when its caller only tried', async () => {
    const { locks, network } = world().instance();
    await locks.acquire('other');
    const reply = network.holdReplies({ on: 'transact' });
    const trying = follow(
      locks.tryAcquire('k', { metadata: { who: 'tried' } }),
    );
    await world().settle();
    const heir = follow(
      locks.acquire('k', { metadata: { who: 'heir' }, waitTimeout: Infinity }),
    );
    await world().advance(4_000);
    expect(trying.state).toBe('pending');
    await world().advance(1_000);
    reply.lift();
    await world().advance(2_000);
    expect(trying.state).toBe('rejected');
    expect(heir.value?.held).toBe(true);
    const { holders } = await locks.inspect('k');
    expect(holders).toMatchObject([{ metadata: { who: 'heir' } }]);
  });

  it('say so without harm when the rewriting of the ticket fails', async () => {
    const [holder] = await world().queueUp(1);
    const { locks, network, events } = world().instance();
    const abort = new AbortController();
    const head = follow(locks.acquire('k', { signal: abort.signal }));
    const heir = follow(locks.acquire('k', { metadata: { who: 'heir' } }));
    await world().settle();
    abort.abort();
    network.refuse({ on: 'transact' });
    await holder!.lock.release();
    await world().settle();
    expect(head.state).toBe('rejected');
    expect(heir.value?.held).toBe(true);
    expect(events.at(-1)).toMatchObject({ type: 'background-failure' });
  });

  it('leave the queue with the last of them', async () => {
    await world().queueUp(1);
    const { locks } = world().instance();
    const aborts = [1, 2, 3].map(() => new AbortController());
    const calls = aborts.map(({ signal }) =>
      follow(locks.acquire('k', { signal })),
    );
    await world().settle();
    for (const [index, abort] of aborts.entries()) {
      expect(await world().tickets('k')).toHaveLength(2);
      abort.abort(index);
      await world().settle();
    }
    expect(calls.map(({ error }) => error)).toEqual([0, 1, 2]);
    expect(await world().tickets('k')).toHaveLength(1);
  });

  it('have their own limits on the wait', async () => {
    await world().queueUp(1);
    const { locks } = world().instance();
    const waits = ['3s', '1s', '2s'] as const;
    const calls = waits.map((waitTimeout) =>
      follow(locks.acquire('k', { waitTimeout })),
    );
    const states = () => calls.map(({ state }) => state === 'rejected');
    await world().advance(1_000);
    expect(states()).toEqual([false, true, false]);
    await world().advance(1_000);
    expect(states()).toEqual([false, true, true]);
    await world().advance(1_000);
    expect(calls[0]!.error).toMatchObject({
      code: 'LOCK_TIMEOUT',
      waitedMs: 3_000,
    });
    expect(await world().tickets('k')).toHaveLength(1);
  });

  it('who wait for each other time out as waiters, not for trouble with etcd', async () => {
    const { locks, network } = world().instance();
    await locks.acquire('k');
    network.holdRequests({ on: 'transact', times: Infinity });
    const call = follow(locks.acquire('k', { waitTimeout: '1s' }));
    await world().advance(1_000);
    expect(call.error).toMatchObject({ code: 'LOCK_TIMEOUT' });
  });

  it('have one ticket also when the removals of earlier ones are confirmed late', async () => {
    const { locks, network } = world().instance();
    const first = await locks.acquire('k');
    network.loseReplies({ on: 'transact' });
    void first.release();
    await world().settle();
    const second = await world().outcome(locks.acquire('k'), 10);
    await world().advance(10);
    network.loseReplies({ on: 'transact' });
    void second.release();
    await world().advance(15);
    const third = await world().outcome(locks.acquire('k'), 5);
    await world().advance(1_000);
    const fourth = follow(locks.acquire('k'));
    await world().settle();
    expect(third.held).toBe(true);
    expect(fourth.state).toBe('pending');
    expect(await world().tickets('k')).toHaveLength(1);
  });
});

describe('callers of one process on one key', () => {
  it.each([
    ['one, if the lock is exclusive', {}, 1],
    ['one, if each has a lease of its own', { dedicatedLease: true }, 1],
    ['one for all readers', { mode: 'shared' } as const, 1],
    ['as many as there are permits', { permits: 3 }, 3],
  ])('have in etcd: %s', async (_, options, expected) => {
    await world().queueUp(1);
    const { locks } = world().instance();
    const calls = Array.from({ length: 20 }, () =>
      follow(locks.acquire('k', options)),
    );
    await world().settle();
    expect(await world().tickets('k')).toHaveLength(1 + expected);
    expect(calls.every(({ state }) => state === 'pending')).toBe(true);
  });

  it('have one ticket for several keys, in whatever order they name them', async () => {
    await world().queueUp(1, 'a');
    const { locks } = world().instance();
    const calls = [
      follow(locks.acquire(['a', 'b'])),
      follow(locks.acquire(['b', 'a'])),
    ];
    await world().settle();
    expect(await world().tickets('b')).toHaveLength(1);
    expect(calls.every(({ state }) => state === 'pending')).toBe(true);
  });
});

describe('readers of one process', () => {
  it('who come while another waits are behind that one', async () => {
    const reader = world().instance();
    const first = await reader.locks.acquire('k', { mode: 'shared' });
    const writer = world().instance();
    const writing = follow(writer.locks.acquire('k'));
    await world().settle();
    const late = follow(reader.locks.acquire('k', { mode: 'shared' }));
    await world().settle();
    expect([writing.state, late.state]).toEqual(['pending', 'pending']);
    await first.release();
    await world().settle();
    expect([writing.state, late.state]).toEqual(['resolved', 'pending']);
    await writing.value!.release();
    await world().settle();
    expect(late.state).toBe('resolved');
  });

  it('who wait have one ticket, also when one who read before them leaves', async () => {
    const reader = world().instance();
    const first = await reader.locks.acquire('k', { mode: 'shared' });
    const writing = follow(world().instance().locks.acquire('k'));
    await world().settle();
    const late = [1, 2, 3].map(() =>
      follow(reader.locks.acquire('k', { mode: 'shared' })),
    );
    await world().settle();
    await first.release();
    await world().settle();
    expect(writing.state).toBe('resolved');
    expect(await world().tickets('k')).toHaveLength(2);
    await writing.value!.release();
    await world().settle();
    expect(late.map(({ state }) => state)).toEqual(Array(3).fill('resolved'));
  });

  it('keep the lock until the last of them has released it', async () => {
    const { locks } = world().instance();
    await locks.acquire('other');
    const calls = await Promise.all(
      [1, 2, 3].map(() => locks.acquire('k', { mode: 'shared' })),
    );
    const writing = follow(world().instance().locks.acquire('k'));
    await calls[0]!.release();
    await calls[2]!.release();
    await world().settle();
    expect(writing.state).toBe('pending');
    expect(calls.map(({ held }) => held)).toEqual([false, true, false]);
    await calls[1]!.release();
    await world().settle();
    expect(writing.state).toBe('resolved');
  });
});

describe('a crowd beside another process', () => {
  it('takes what another process has left of the permits, and no more', async () => {
    const options = { permits: 10 };
    await world().queueUp(4, 'k', options);
    const { locks } = world().instance();
    await locks.acquire('other');
    const got = await world().outcome(
      Promise.all(
        Array.from({ length: 30 }, () => locks.tryAcquire('k', options)),
      ),
    );
    expect(got.filter((lock) => lock !== null)).toHaveLength(6);
    expect(await world().tickets('k')).toHaveLength(10);
  });

  it('is told at once who of it does not fit behind the others', async () => {
    const options = { permits: 10 };
    await world().queueUp(4, 'k', options);
    const { locks, traffic } = world().instance();
    await locks.acquire('other');
    const before = traffic.count('transact');
    await world().outcome(
      Promise.all(
        Array.from({ length: 30 }, () => locks.tryAcquire('k', options)),
      ),
    );
    expect(traffic.count('transact') - before).toBe(2);
  });
});

describe('a crowd that gives up', () => {
  it.each([
    ['exclusive', {}],
    ['shared', { mode: 'shared' } as const],
    ['permits', { permits: 3 }],
    ['two keys', {}],
    ['leases of their own', { dedicatedLease: true }],
  ])('is told a timeout and leaves nothing: %s', async (how, options) => {
    await world().queueUp(1);
    const { locks, traffic } = world().instance();
    await locks.acquire('other');
    const key = how === 'two keys' ? ['k', 'j'] : 'k';
    const calls = Array.from({ length: 1_000 }, () =>
      follow(locks.acquire(key, { ...options, waitTimeout: '1s' })),
    );
    await world().advance(2_500);
    const codes = new Set(
      calls.map(({ error }) => (error as { code: string }).code),
    );
    expect([...codes]).toEqual(['LOCK_TIMEOUT']);
    expect(await world().tickets('k')).toHaveLength(1);
    const before = traffic.count('transact');
    await world().advance(1_000);
    expect(traffic.count('transact')).toBe(before);
  });

  it('takes along what was not sent yet', async () => {
    const { locks, network, traffic } = world().instance();
    await locks.acquire('other');
    const held = network.holdRequests({ on: 'transact', times: 2 });
    const blocking = follow(locks.acquire('first', { waitTimeout: '60s' }));
    await world().settle();
    const stop = new AbortController();
    const left = follow(locks.acquire('k', { signal: stop.signal }));
    await world().settle();
    stop.abort(new Error('enough'));
    await world().settle();
    held.lift();
    await world().advance(1_000);
    expect(left.error).toMatchObject({ message: 'enough' });
    expect(blocking.state).toBe('resolved');
    expect(
      JSON.stringify(traffic.transactions, (_, value: unknown) =>
        typeof value === 'bigint' ? String(value) : value,
      ),
    ).not.toContain('locks/k/');
  });
});

describe('tryAcquire', () => {
  it('asks nobody when the own process holds the lock or waits for it', async () => {
    const [holder] = await world().queueUp(1);
    const waiting = world().instance();
    const call = follow(waiting.locks.acquire('k'));
    await world().settle();
    for (const { locks, traffic } of [holder!, waiting]) {
      const before = traffic.count();
      expect(await locks.tryAcquire('k')).toBeNull();
      expect(traffic.count()).toBe(before);
    }
    expect(call.state).toBe('pending');
  });

  it('asks etcd once when another process holds it, and writes nothing', async () => {
    await world().queueUp(1);
    const { locks, traffic } = world().instance();
    await locks.acquire('other');
    const before = traffic.count();
    const { revision } = world().cluster;
    expect(await locks.tryAcquire('k')).toBeNull();
    expect(traffic.count()).toBe(before + 1);
    expect(world().cluster.revision).toBe(revision);
  });

  it('takes a free lock in one transaction', async () => {
    const { locks, traffic } = world().instance();
    await locks.acquire('other');
    const before = traffic.count();
    const lock = await locks.tryAcquire('k');
    expect(lock?.held).toBe(true);
    expect(traffic.count()).toBe(before + 1);
  });

  it('succeeds right after a release that nobody awaited', async () => {
    const { locks } = world().instance();
    for (let round = 0; round < 5; round += 1) {
      const lock = await locks.tryAcquire('k');
      expect(lock).not.toBeNull();
      void lock!.release();
    }
  });

  it('succeeds a little later than that too, while etcd confirms the release', async () => {
    const { locks, network } = world().instance();
    const lock = await locks.acquire('k');
    const slow = network.holdReplies({ on: 'transact' });
    void lock.release();
    await world().settle();
    const next = follow(locks.tryAcquire('k'));
    await world().settle();
    slow.lift();
    await world().settle();
    expect(next.value?.held).toBe(true);
  });

  it('does not overtake one of the own process who came just before it', async () => {
    const { locks } = world().instance();
    const lock = await locks.acquire('k');
    const waiting = follow(locks.acquire('k'));
    void lock.release();
    expect(await locks.tryAcquire('k')).toBeNull();
    await world().settle();
    expect(waiting.value?.held).toBe(true);
  });

  it('is what acquire with waitTimeout 0 does, except for the error', async () => {
    await world().queueUp(1);
    const { locks } = world().instance();
    const error = await world().failure(locks.acquire('k', { waitTimeout: 0 }));
    expect(error).toMatchObject({ code: 'LOCK_BUSY', key: 'k' });
  });

  it('leaves those alone who come while it asks, whatever its answer', async () => {
    const [holder] = await world().queueUp(1);
    const { locks } = world().instance();
    const trying = follow(locks.tryAcquire('k'));
    const waiting = follow(locks.acquire('k'));
    await world().settle();
    expect(trying.value).toBeNull();
    expect(waiting.state).toBe('pending');
    await holder!.lock.release();
    await world().settle();
    expect(waiting.value?.held).toBe(true);
  });

  it.each([
    ['readers while a writer waits', { mode: 'shared' } as const, null],
    ['anybody else', {}, null],
  ])('does not let %s overtake the queue', async (_, options, answer) => {
    await world().queueUp(1, 'k', { mode: 'shared' });
    await world().queueUp(1);
    const { locks } = world().instance();
    expect(await locks.tryAcquire('k', options)).toBe(answer);
  });
});

describe('an etcd that fails while this process holds a part of the lock', () => {
  it.each([
    ['shared', { mode: 'shared' } as const],
    ['permits', { permits: 3 }],
  ])('is not mistaken for other holders: %s', async (_, options) => {
    const { locks, network } = world().instance();
    const first = await locks.acquire('k', options);
    network.refuse({
      error: new StoreError('unavailable', 'not-applied', 'no way'),
      on: 'transact',
      times: Infinity,
    });
    const second = locks.acquire('k', { ...options, waitTimeout: '1s' });
    expect(await world().failure(second, 3_000)).toMatchObject({
      code: 'LOCK_STORE',
    });
    network.heal();
    await first.release();
  });
});

describe('a try', () => {
  it('does not inherit the place of somebody who waited', async () => {
    await world().queueUp(1);
    const { locks, network } = world().instance();
    await locks.acquire('other');
    const entry = network.holdRequests({ on: 'transact', times: 1 });
    const stop = new AbortController();
    const waiting = follow(
      locks.acquire('k', { mode: 'shared', signal: stop.signal }),
    );
    await world().settle();
    const trying = follow(locks.tryAcquire('k', { mode: 'shared' }));
    stop.abort(new Error('enough'));
    entry.lift();
    await world().advance(100);
    expect(waiting.state).toBe('rejected');
    expect(trying).toMatchObject({ state: 'resolved', value: null });
    expect(await world().tickets('k')).toHaveLength(1);
  });
});
