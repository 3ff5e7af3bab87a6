import { describe, expect, it, vi } from 'vitest';
import type { AcquireOptions, Lock } from '../../../lib/core/index.js';
import { type Network, refusal } from '../support/network.js';
import { follow } from '../support/follow.js';
import { type Instance, useWorld } from '../support/world.js';

const world = useWorld();
const kept = { keep: '30s' } as const satisfies AcquireOptions;
const patient = { waitTimeout: Infinity } as const;

/** An instance that has used the key and keeps it. */
async function keeper(options: AcquireOptions = kept): Promise<Instance> {
  const instance = world().instance();
  await world().outcome(instance.locks.withLock('k', options, () => {}));
  await world().settle();
  expect(instance.locks.keptCount).toBe(1);
  return instance;
}

/** Puts a ticket as `etcdctl lock` and Go do, who know nothing of keeping. */
async function foreignTicket(name = 'locks/k/77aa'): Promise<string> {
  await world().store.transact({
    compare: [],
    success: [{ kind: 'put', key: name, value: '' }],
    failure: [],
  });
  return name;
}

/** An instance that had to wait for the key, has used it, and may keep it. */
async function afterWaiting(
  beforeItsTurn: (instance: Instance) => void = () => {},
): Promise<Instance> {
  const first = await world().outcome(world().instance().locks.acquire('k'));
  const instance = world().instance();
  const call = instance.locks.acquire('k', { ...kept, ...patient });
  await world().settle();
  beforeItsTurn(instance);
  await first.release();
  const lock = await world().outcome(call);
  await world().settle();
  await world().outcome(lock.release());
  return instance;
}

/** The next watch is not made before the returned function is called. */
function watchLater(network: Network): () => void {
  const watch = network.watch.bind(network);
  let make = () => {};
  vi.spyOn(network, 'watch').mockImplementationOnce((...call) => {
    make = () => void watch(...call);
    return { cancel() {} };
  });
  return () => make();
}

const reasons = ({ events }: Instance) =>
  events.flatMap((event) => (event.type === 'kept-ended' ? event.reason : []));

describe('a kept lock', () => {
  it('is taken again and given back without a message to etcd', async () => {
    const { locks, traffic } = await keeper();
    const before = traffic.count();
    const revision = world().cluster.revision;
    for (let cycle = 0; cycle < 1_000; cycle++)
      await locks.withLock('k', kept, () => {});
    const lock = await locks.acquire('k', kept);
    expect(lock.held).toBe(true);
    await lock.release();
    expect(lock.held).toBe(false);
    expect(traffic.count()).toBe(before);
    expect(world().cluster.revision).toBe(revision);
  });

  it('has one token for all its holders, and the next tenure a greater one', async () => {
    const { locks } = await keeper();
    const first = await locks.acquire('k', kept);
    await first.release();
    const second = await locks.acquire('k', kept);
    expect(second.fencingToken).toBe(first.fencingToken);
    await second.release();
    const other = world().instance();
    const elsewhere = await world().outcome(other.locks.acquire('k'));
    expect(elsewhere.fencingToken).toBeGreaterThan(first.fencingToken);
    await elsewhere.release();
    const again = await world().outcome(locks.acquire('k', kept));
    expect(again.fencingToken).toBeGreaterThan(elsewhere.fencingToken);
    await again.release();
  });

  it('passes to another process at once while nobody uses it', async () => {
    const holder = await keeper();
    const other = world().instance();
    const lock = await world().outcome(other.locks.acquire('k', patient));
    expect(lock.held).toBe(true);
    expect(holder.locks.keptCount).toBe(0);
    expect(reasons(holder)).toEqual(['wanted']);
    await lock.release();
  });

  it('passes to etcdctl lock and Go, who put a ticket that says nothing', async () => {
    const holder = await keeper();
    const foreign = await foreignTicket();
    await world().settle();
    const names = (await world().tickets('k')).map(({ key }) => key);
    expect(names).toEqual([foreign]);
    const call = follow(holder.locks.acquire('k', { ...kept, ...patient }));
    await world().settle();
    expect(call.state).toBe('pending');
    await world().remove(foreign);
    await world().settle();
    expect(call.state).toBe('resolved');
    await call.value!.release();
  });

  it('passes to another process at the release while somebody uses it', async () => {
    const { locks } = await keeper();
    const lock = await locks.acquire('k', kept);
    const other = world().instance();
    const call = follow(other.locks.acquire('k', patient));
    await world().advance(3_000);
    expect(call.state).toBe('pending');
    await lock.release();
    await world().settle();
    expect(call.state).toBe('resolved');
    await call.value!.release();
  });

  it('is served to callers of this process until somebody else comes, who is next then', async () => {
    const { locks } = await keeper();
    const order: string[] = [];
    const lock = await locks.acquire('k', kept);
    const call = (from: Instance['locks'], who: string) =>
      from.withLock('k', { ...kept, ...patient }, () => void order.push(who));
    const all = [call(locks, 'before')];
    await world().settle();
    all.push(call(world().instance().locks, 'elsewhere'));
    await world().settle();
    all.push(call(locks, 'after'));
    await world().settle();
    await lock.release();
    await world().outcome(Promise.all(all));
    expect(order).toEqual(['elsewhere', 'before', 'after']);
  });

  it('serves several who come at once in the order in which etcd saw them', async () => {
    await keeper();
    const order: number[] = [];
    const all = [1, 2, 3].map((nth) =>
      world()
        .instance()
        .locks.withLock('k', patient, () => void order.push(nth)),
    );
    await world().outcome(Promise.all(all));
    expect(order).toEqual([1, 2, 3]);
  });

  it('is given back after keep has passed without use, counted from the last', async () => {
    const holder = await keeper();
    await world().advance(20_000);
    await holder.locks.withLock('k', kept, () => {});
    await world().advance(29_000);
    expect(holder.locks.keptCount).toBe(1);
    await world().advance(1_500);
    expect(holder.locks.keptCount).toBe(0);
    expect(await world().tickets('k')).toEqual([]);
    expect(reasons(holder)).toEqual(['unused']);
  });

  it('is used also by callers who do not keep, and is not kept after them', async () => {
    const { locks, traffic } = await keeper();
    const before = traffic.count('transact');
    const lock = await locks.acquire('k');
    expect(traffic.count('transact')).toBe(before);
    await world().outcome(lock.release());
    expect(locks.keptCount).toBe(0);
    expect(await world().tickets('k')).toEqual([]);
  });

  it('is no longer taken once etcd says that its ticket is gone', async () => {
    const holder = await keeper();
    const [ticket] = await world().tickets('k');
    const other = world().instance();
    await world().outcome(other.locks.forceRelease('k'));
    await world().settle();
    expect(holder.locks.keptCount).toBe(0);
    expect(reasons(holder)).toEqual(['lost']);
    const lock = await world().outcome(holder.locks.acquire('k', kept));
    const [fresh] = await world().tickets('k');
    expect(fresh!.createRevision).toBeGreaterThan(ticket!.createRevision);
    await lock.release();
  });

  it('is not taken after the end of its session, not even before a timer has told of that', async () => {
    const holder = await keeper();
    holder.network.cut();
    await world().advance(2_000);
    world().clock.stall(20_000);
    const call = follow(holder.locks.tryAcquire('k', kept));
    await world().settle();
    expect(call.state).not.toBe('resolved');
    holder.network.heal();
    await world().advance(10_000);
    await call.value?.release();
  });

  it('is forgotten when the session is lost, and somebody else has it', async () => {
    const holder = await keeper();
    holder.network.cut();
    await world().advance(16_000);
    expect(holder.locks.keptCount).toBe(0);
    expect(reasons(holder)).toHaveLength(1);
    const other = world().instance();
    const lock = await world().outcome(other.locks.acquire('k'), 3_000);
    holder.network.heal();
    await world().advance(2_000);
    expect(await holder.locks.tryAcquire('k', kept)).toBeNull();
    await lock.release();
  });

  it('is lost to its holder as any other lock', async () => {
    const { locks, network } = await keeper();
    const lock = await locks.acquire('k', kept);
    network.cut();
    await world().advance(16_000);
    expect(lock.held).toBe(false);
    expect(lock.signal.aborted).toBe(true);
    expect(locks.keptCount).toBe(0);
  });

  it('is given up after maxHold has been exceeded', async () => {
    const { locks } = await keeper();
    const lock = await locks.acquire('k', { ...kept, maxHold: '1s' });
    await world().advance(1_000);
    expect(lock.held).toBe(false);
    expect(locks.keptCount).toBe(0);
    const other = world().instance();
    const next = await world().outcome(other.locks.acquire('k'));
    expect(next.fencingToken).toBeGreaterThan(lock.fencingToken);
    await next.release();
  });

  it('is given up where the store has gone back', async () => {
    const holder = await keeper();
    const backup = world().cluster.backup();
    const other = world().instance();
    await world().outcome(other.locks.withLock('x', () => {}));
    world().cluster.restore(backup);
    await world().outcome(other.locks.withLock('x', () => {}));
    await world().outcome(holder.locks.withLock('y', () => {}));
    await world().advance(1_000);
    expect(holder.locks.keptCount).toBe(0);
    expect(reasons(holder)).toHaveLength(1);
  });
});

describe('a client that keeps locks', () => {
  it('keeps at most maxKept of them, and gives up those that have rested longest', async () => {
    const { locks, events } = world().instance({ maxKept: 3 });
    for (const key of ['a', 'b', 'c', 'a', 'd', 'e'])
      await world().outcome(locks.withLock(key, kept, () => {}));
    await world().settle();
    expect(locks.keptCount).toBe(3);
    const left = (await world().keys()).map(({ key }) => key.split('/')[1]);
    expect(new Set(left)).toEqual(new Set(['a', 'd', 'e']));
    const ended = events.filter(({ type }) => type === 'kept-ended');
    expect(ended).toMatchObject([
      { key: 'b', reason: 'too-many' },
      { key: 'c', reason: 'too-many' },
    ]);
  });

  it('never keeps more than maxKept, also where all are released at once', async () => {
    const { locks } = world().instance({ maxKept: 2 });
    const held: Lock[] = [];
    for (const key of ['a', 'b', 'c', 'd', 'e'])
      held.push(await world().outcome(locks.acquire(key, kept)));
    await world().settle();
    void Promise.all(held.map((lock) => lock.release()));
    expect(locks.keptCount).toBeLessThanOrEqual(2);
    await world().settle();
    expect(locks.keptCount).toBe(2);
    expect(await world().keys()).toHaveLength(2);
  });

  it('keeps nothing with maxKept: 0', async () => {
    const { locks } = world().instance({ maxKept: 0 });
    await world().outcome(locks.withLock('k', kept, () => {}));
    expect(await world().tickets('k')).toEqual([]);
  });

  it('gives all of them up together when it is drained, and takes none any more', async () => {
    const { locks, traffic } = world().instance();
    const keys = Array.from({ length: 50 }, (_, nth) => `k${nth}`);
    await Promise.all(keys.map((key) => locks.withLock(key, kept, () => {})));
    await world().settle();
    const inUse = await locks.acquire('k0', kept);
    expect(locks.keptCount).toBe(49);
    const before = traffic.count('transact');
    locks.drain();
    await world().settle();
    expect(locks.keptCount).toBe(0);
    expect(await world().keys('locks/k')).toHaveLength(1);
    expect(traffic.count('transact') - before).toBeLessThanOrEqual(2);
    await world().outcome(inUse.release());
    expect(await world().keys('locks/k')).toHaveLength(0);
    await expect(locks.acquire('k1', kept)).rejects.toMatchObject({
      code: 'LOCK_CLOSED',
    });
  });

  it('keeps what it can by default, and nothing where a call says 0', async () => {
    const { locks } = world().instance({ keep: '10s' });
    await world().outcome(locks.withLock('a', () => {}));
    await world().outcome(locks.withLock('b', { keep: 0 }, () => {}));
    await world().outcome(locks.withLock('c', { minHold: 1 }, () => {}));
    await world().outcome(locks.withLock('d', { mode: 'shared' }, () => {}));
    await world().outcome(locks.withLock(['e', 'f'], () => {}));
    await world().advance(1_100);
    expect(locks.keptCount).toBe(1);
    expect(await world().keys()).toMatchObject([
      { key: expect.stringMatching(/^locks\/a\//) },
    ]);
  });

  it.each([
    { mode: 'shared' },
    { permits: 2 },
    { dedicatedLease: true },
    { minHold: '1s' },
  ] as const)('refuses to keep with %o', async (option) => {
    const { locks } = world().instance();
    await expect(
      locks.acquire('k', { ...kept, ...option }),
    ).rejects.toMatchObject({ code: 'LOCK_CONFIGURATION' });
  });

  it('refuses to keep several keys', async () => {
    const { locks } = world().instance();
    await expect(locks.acquire(['a', 'b'], kept)).rejects.toMatchObject({
      code: 'LOCK_CONFIGURATION',
    });
  });

  it.each([-1, 1.5, Number.NaN, '3', null])(
    'refuses maxKept: %o',
    (maxKept) => {
      expect(() => world().instance({ maxKept: maxKept as number })).toThrow(
        'maxKept',
      );
    },
  );
});

describe('a keeper that may not hear who comes', () => {
  it('waits for its watch before the lock is taken again', async () => {
    const { locks, network, traffic } = world().instance();
    network.holdWatches();
    await world().outcome(locks.withLock('k', kept, () => {}));
    const before = traffic.count();
    const call = follow(locks.acquire('k', kept));
    await world().advance(1_000);
    expect(call.state).toBe('pending');
    network.heal();
    await world().settle();
    expect(call.state).toBe('resolved');
    expect(traffic.count()).toBe(before);
    await call.value!.release();
    expect(locks.keptCount).toBe(1);
  });

  it('looks once where it has waited itself, for others may stand behind', async () => {
    const { locks, traffic } = await afterWaiting();
    const reads = traffic.transactions.filter(
      ({ compare, success }) =>
        compare.length === 0 && success[0]?.kind === 'range',
    );
    expect(reads).toHaveLength(1);
    expect(locks.keptCount).toBe(1);
    await world()
      .outcome(locks.acquire('k', kept))
      .then((one) => one.release());
    expect(locks.keptCount).toBe(1);
  });

  it('has one watch, which lets the process end, also where it has waited itself', async () => {
    const { traffic } = await afterWaiting();
    await world().advance(1_100);
    expect(traffic.watched.size).toBe(1);
  });

  it.each([
    ['was made too late', 4_600, 0],
    ['was made, and the read after it failed', 100, 1],
  ])(
    'is told of the loss of a lock in use also where its watch %s',
    async (_, lateMs, refusals) => {
      const { locks, network } = world().instance();
      const make = watchLater(network);
      const lock = await world().outcome(locks.acquire('k', kept));
      const [ticket] = await world().tickets('k');
      await world().remove(ticket!.key);
      await world().advance(lateMs);
      if (refusals > 0) network.refuse({ on: 'transact', times: refusals });
      make();
      await world().advance(1_000);
      expect(lock.held).toBe(false);
    },
  );

  it('is told of the loss of a lock in use also where somebody comes while it looks', async () => {
    const { locks, network } = world().instance();
    const make = watchLater(network);
    const lock = await world().outcome(locks.acquire('k', kept));
    const [ticket] = await world().tickets('k');
    await world().remove(ticket!.key);
    const reply = network.holdReplies({ on: 'transact' });
    make();
    await world().settle();
    const other = await world().outcome(world().instance().locks.acquire('k'));
    reply.lift();
    await world().advance(1_000);
    expect(lock.held).toBe(false);
    await other.release();
  });

  it('answers who has tried before, also where somebody comes while it looks', async () => {
    const { locks, network } = world().instance();
    const make = watchLater(network);
    const lock = await world().outcome(locks.acquire('k', kept));
    const tried = follow(world().instance().locks.tryAcquire('k'));
    await world().settle();
    const reply = network.holdReplies({ on: 'transact' });
    make();
    await world().settle();
    const call = follow(world().instance().locks.acquire('k', patient));
    await world().settle();
    reply.lift();
    await world().settle();
    expect(tried.value).toBeNull();
    await lock.release();
    await world().settle();
    await call.value!.release();
  });

  it('sees who came before its watch was made', async () => {
    const { locks, network } = world().instance();
    network.holdWatches();
    await world().outcome(locks.withLock('k', kept, () => {}));
    const other = world().instance();
    const call = follow(other.locks.acquire('k', patient));
    await world().settle();
    expect(call.state).toBe('pending');
    network.heal();
    await world().settle();
    expect(call.state).toBe('resolved');
    await call.value!.release();
  });

  it('sees who came after it was alone, and before its watch began', async () => {
    const { locks, network } = world().instance();
    const reply = network.holdReplies({ on: 'transact' });
    const first = follow(locks.acquire('k', kept));
    await world().settle();
    const call = follow(world().instance().locks.acquire('k', patient));
    await world().settle();
    reply.lift();
    await world().settle();
    await world().outcome(first.value!.release());
    await world().settle();
    expect(call.state).toBe('resolved');
    await call.value!.release();
  });

  it('gives the lock up after the time of a request if there is no watch', async () => {
    const holder = world().instance();
    holder.network.holdWatches();
    await world().outcome(holder.locks.withLock('k', kept, () => {}));
    await world().advance(4_600);
    expect(await world().tickets('k')).toEqual([]);
    expect(reasons(holder)).toEqual(['deaf']);
    holder.network.heal();
  });

  it('gives the lock up at once when its watch breaks', async () => {
    const holder = await keeper();
    holder.network.endWatches();
    await world().settle();
    expect(holder.locks.keptCount).toBe(0);
    expect(await world().tickets('k')).toEqual([]);
    expect(reasons(holder)).toEqual(['deaf']);
  });

  it('gives the lock up at the release if its watch broke meanwhile', async () => {
    const { locks, network } = await keeper();
    const lock = await locks.acquire('k', kept);
    network.endWatches();
    await world().advance(5_000);
    await world().outcome(lock.release());
    expect(locks.keptCount).toBe(0);
    expect(await world().tickets('k')).toEqual([]);
  });

  it('is told of the loss of a lock in use, also where its watch was broken just then', async () => {
    const { locks, network } = await keeper();
    const lock = await locks.acquire('k', kept);
    const [ticket] = await world().tickets('k');
    network.endWatches();
    await world().remove(ticket!.key);
    await world().advance(1_500);
    expect(lock.held).toBe(false);
    expect(lock.signal.aborted).toBe(true);
  });

  it('is told of the loss of a lock in use that somebody waits for, also then', async () => {
    const { locks, network } = await keeper();
    const lock = await locks.acquire('k', kept);
    const [ticket] = await world().tickets('k');
    const call = follow(world().instance().locks.acquire('k', patient));
    await world().settle();
    network.endWatches();
    await world().remove(ticket!.key);
    await world().advance(1_500);
    expect(lock.held).toBe(false);
    await call.value!.release();
  });

  it('looks now and then whether a silent watch has missed somebody', async () => {
    const holder = await keeper();
    holder.network.holdWatches();
    const other = world().instance();
    const call = follow(other.locks.acquire('k', patient));
    await world().advance(5_100);
    expect(call.state).toBe('resolved');
    holder.network.heal();
    await call.value!.release();
  });

  it('looks at its next rest where the lock was in use when it was time to', async () => {
    const { locks, network } = await keeper();
    network.holdWatches();
    let lock = await locks.acquire('k', kept);
    const call = follow(world().instance().locks.acquire('k', patient));
    await world().advance(5_100);
    expect(call.state).toBe('pending');
    await lock.release();
    lock = await locks.acquire('k', kept);
    await world().settle();
    await world().outcome(lock.release());
    await world().settle();
    expect(call.state).toBe('resolved');
    network.heal();
    await call.value!.release();
  });

  it('sends nothing for a lock that is held for long', async () => {
    const { locks, traffic } = await keeper();
    const lock = await locks.acquire('k', kept);
    await world().advance(5_100);
    const before = traffic.transactions.length;
    await world().advance(15_000);
    expect(traffic.transactions).toHaveLength(before);
    await lock.release();
    await world().settle();
    expect(locks.keptCount).toBe(1);
    expect(traffic.transactions).toHaveLength(before + 1);
  });

  it('gives the lock up where etcd does not show the queue', async () => {
    const { locks } = await afterWaiting(({ network }) =>
      network.refuse({ on: 'transact', error: refusal() }),
    );
    expect(locks.keptCount).toBe(0);
    expect(await world().tickets('k')).toEqual([]);
  });
});

describe('a try from elsewhere on a lock that is kept', () => {
  it('gets it while nobody uses it', async () => {
    const holder = await keeper();
    const other = world().instance();
    const lock = await world().outcome(other.locks.tryAcquire('k'));
    expect(lock?.held).toBe(true);
    expect(reasons(holder)).toEqual(['wanted']);
    await lock!.release();
  });

  it('hears by an event, not by a timer, that somebody uses it', async () => {
    const { locks } = await keeper();
    const lock = await locks.acquire('k', kept);
    const other = world().instance();
    expect(await world().outcome(other.locks.tryAcquire('k'))).toBeNull();
    expect(await world().tickets('k')).toHaveLength(1);
    expect(lock.held).toBe(true);
    await lock.release();
  });

  it('writes nothing any more once the keeper has said that the lock is in use', async () => {
    const { locks } = await keeper();
    const lock = await locks.acquire('k', kept);
    const other = world().instance();
    await world().outcome(other.locks.tryAcquire('k'));
    const revision = world().cluster.revision;
    expect(await world().outcome(other.locks.tryAcquire('k'))).toBeNull();
    expect(await world().outcome(other.locks.isLocked('k'))).toBe(true);
    expect(world().cluster.revision).toBe(revision);
    await world().outcome(lock.release());
    // So the lock is given up, for somebody wanted it.
    expect(await world().tickets('k')).toEqual([]);
  });

  it('is busy for all but one of several that come at once', async () => {
    await keeper();
    const tries = [1, 2, 3, 4].map(() =>
      world().instance().locks.tryAcquire('k'),
    );
    const locks = await world().outcome(Promise.all(tries));
    const taken = locks.filter((lock) => lock !== null);
    expect(taken).toHaveLength(1);
    await taken[0]!.release();
  });

  it('is busy at once where somebody waits already', async () => {
    const { locks } = await keeper();
    const lock = await locks.acquire('k', kept);
    const waiter = world().instance();
    const call = follow(waiter.locks.acquire('k', patient));
    await world().settle();
    const other = world().instance();
    const revision = world().cluster.revision;
    expect(await world().outcome(other.locks.tryAcquire('k'))).toBeNull();
    expect(world().cluster.revision).toBe(revision);
    await lock.release();
    await world().settle();
    await call.value!.release();
  });

  it('is busy, and leaves nothing, after the time of a request where the keeper is silent', async () => {
    const holder = await keeper();
    holder.network.cut();
    const other = world().instance();
    const call = follow(other.locks.tryAcquire('k'));
    await world().advance(4_400);
    expect(call.state).toBe('pending');
    await world().advance(200);
    expect(call).toMatchObject({ state: 'resolved', value: null });
    expect(await world().tickets('k')).toHaveLength(1);
    holder.network.heal();
  });

  it('is told that the lock is busy where the keeper is silent, not that it has waited', async () => {
    const holder = await keeper();
    holder.network.cut();
    const { locks, events } = world().instance();
    const error = await world().failure(
      locks.acquire('k', { waitTimeout: 0 }),
      4_600,
    );
    expect(error).toMatchObject({ code: 'LOCK_BUSY' });
    expect(events.map(({ type }) => type)).toContain('busy');
    expect(await world().tickets('k')).toHaveLength(1);
    holder.network.heal();
  });

  it('does not wait behind others when the keeper leaves', async () => {
    const { locks } = await keeper();
    const lock = await locks.acquire('k', kept);
    const other = world().instance();
    other.network.holdRequests({ on: 'transact' });
    const attempt = follow(other.locks.tryAcquire('k'));
    await world().settle();
    await lock.release();
    other.network.heal();
    await world().settle();
    expect(attempt.state).toBe('resolved');
    await attempt.value?.release();
  });

  it.each([
    { mode: 'shared' },
    { permits: 3 },
    { dedicatedLease: true },
  ] as const)('gets it with %o as well', async (options) => {
    await keeper();
    const other = world().instance();
    const lock = await world().outcome(other.locks.tryAcquire('k', options));
    expect(lock?.held).toBe(true);
    await lock!.release();
  });

  it('gets several keys of which some are kept and none is used', async () => {
    await keeper();
    const { locks } = world().instance();
    const lock = await world().outcome(locks.tryAcquire(['j', 'k']));
    expect(lock?.held).toBe(true);
    await lock!.release();
  });

  it('gets none of several keys if one is in use', async () => {
    const { locks } = await keeper();
    const used = await world().outcome(world().instance().locks.acquire('j'));
    const attempt = world().instance().locks.tryAcquire(['j', 'k']);
    expect(await world().outcome(attempt)).toBeNull();
    expect(locks.keptCount).toBe(1);
    await used.release();
  });
});

describe('what can be seen of a kept lock', () => {
  it('is said in its ticket, for inspect and list', async () => {
    const { locks } = await keeper();
    const other = world().instance();
    const state = await world().outcome(other.locks.inspect('k'));
    expect(state.holders).toMatchObject([{ kept: true }]);
    const lock = await locks.acquire('k', kept);
    await world().outcome(other.locks.tryAcquire('k'));
    const used = await world().outcome(other.locks.inspect('k'));
    expect(used.holders).toHaveLength(1);
    expect(used.holders[0]).not.toHaveProperty('kept');
    await lock.release();
  });

  it('is told by events: takings without a message, releases of which etcd knows nothing', async () => {
    const { locks, events } = await keeper();
    await locks.withLock('k', kept, () => {});
    const told = events.filter(({ type }) =>
      ['acquired', 'released'].includes(type),
    );
    expect(told.map((event) => [event.type, 'kept' in event])).toEqual([
      ['acquired', false],
      ['released', true],
      ['acquired', true],
      ['released', true],
    ]);
  });
});
