import { describe, expect, it } from 'vitest';
import { LockClient, type LockEvent } from '../../../lib/core/index.js';
import {
  type MemoryClusterBackup,
  MemoryStore,
} from '../../../lib/memory/index.js';
import { follow } from '../support/follow.js';
import { type Instance, useWorld } from '../support/world.js';

const world = useWorld();

async function restore(backup?: MemoryClusterBackup): Promise<void> {
  world().cluster.restore(backup);
  await world().advance(3_000);
}

async function writeMore(count: number): Promise<void> {
  for (let n = 0; n < count; n += 1) {
    await world().store.transact({
      compare: [],
      success: [{ kind: 'put', key: 'unrelated', value: String(n) }],
      failure: [],
    });
  }
}

describe('an etcd that went back', () => {
  it('has lost the ticket of a holder, who is told at once', async () => {
    const holder = world().instance();
    await holder.locks.acquire('other');
    const backup = world().cluster.backup();
    const lock = await holder.locks.acquire('k');
    await world().advance(500);
    await writeMore(3);
    await restore(backup);
    expect(lock.signal.reason).toMatchObject({ reason: 'taken' });
    const next = await world().instance().locks.acquire('k');
    expect(next.held).toBe(true);
    await world().remove('unrelated');
  });

  it('and has come just as far again has lost the ticket of a holder all the same', async () => {
    const holder = world().instance();
    await holder.locks.acquire('other');
    const backup = world().cluster.backup();
    const lock = await holder.locks.acquire('k');
    await world().advance(500);
    const { revision } = world().cluster;
    world().cluster.restore(backup);
    await writeMore(1);
    expect(world().cluster.revision).toBe(revision);
    await world().advance(3_000);
    expect(lock.signal.reason).toMatchObject({ reason: 'taken' });
    await world().remove('unrelated');
  });

  it('and has come just as far again is asked by its waiters too', async () => {
    const holder = world().instance();
    const lock = await holder.locks.acquire('k');
    const backup = world().cluster.backup();
    const waiter = world().instance();
    const call = follow(waiter.locks.acquire('k', { waitTimeout: Infinity }));
    await world().advance(500);
    world().cluster.restore(backup);
    await writeMore(1);
    await world().advance(3_000);
    expect(await world().tickets('k')).toHaveLength(2);
    await lock.release();
    await world().advance(100);
    expect(call.value!.held).toBe(true);
    await world().remove('unrelated');
  });

  it('while a ticket is on its way: what it missed is read', async () => {
    const [first, second] = await world().queueUp(2);
    await first!.lock.release();
    await world().settle();
    await second!.lock.release();
    const [rival] = await world().queueUp(1);
    await world().settle();
    const backup = world().cluster.backup();
    await writeMore(60);
    await world().outcome(second!.locks.inspect('k'));
    const watches = second!.network.holdWatches();
    world().cluster.restore(backup);
    const reply = second!.network.holdReplies({ on: 'transact' });
    const call = follow(second!.locks.acquire('k'));
    await world().settle();
    await rival!.lock.release();
    watches.lift();
    await world().advance(100);
    const told = second!.events.map(({ type }) => type);
    expect(told).toContain('revision-went-back');
    reply.lift();
    await world().advance(100);
    expect(call.state).toBe('resolved');
  });

  it('behind a watch that has not broken yet is not asked without pause for what it has undone', async () => {
    const backup = world().cluster.backup();
    await writeMore(20);
    const [, waiter] = await world().queueUp(2);
    await world().advance(100);
    waiter!.network.holdWatches();
    world().cluster.restore(backup);
    await world().instance().locks.acquire('k');
    const { traffic } = waiter!;
    const transact = traffic.transact.bind(traffic);
    // Who asks without pause would never let this test end.
    traffic.transact = (...call) =>
      traffic.count('transact') < 200
        ? transact(...call)
        : new Promise(() => {});
    const before = traffic.count('transact');
    await world().outcome(waiter!.locks.inspect('k'));
    await world().advance(2_000);
    expect(traffic.count('transact') - before).toBeLessThan(20);
    expect(waiter!.call.state).toBe('pending');
    await world().remove('unrelated');
  });

  it('has an older ticket under the name of a waiter, who does not take it for its own', async () => {
    const [first, second] = await world().queueUp(2);
    const backup = world().cluster.backup();
    await first!.lock.release();
    await world().settle();
    expect(second!.lock.held).toBe(true);
    const again = follow(first!.locks.acquire('k', { waitTimeout: Infinity }));
    await world().advance(500);
    expect(await world().tickets('k')).toHaveLength(2);
    await writeMore(5);
    await restore(backup);
    expect(again.state).toBe('pending');
    expect(second!.lock.held).toBe(true);
    await second!.lock.release();
    await world().advance(100);
    expect(again.value!.held).toBe(true);
    expect(await world().tickets('k')).toHaveLength(1);
    await world().remove('unrelated');
  });

  it('has an older ticket under a name whose request is under way: it is not taken over', async () => {
    const [first, second] = await world().queueUp(2);
    const backup = world().cluster.backup();
    await first!.lock.release();
    await world().settle();
    await writeMore(5);
    // It hears of that before it asks again.
    await first!.locks.inspect('k');
    first!.network.loseReplies({ on: 'transact' });
    const again = follow(first!.locks.acquire('k', { waitTimeout: Infinity }));
    await world().settle();
    await restore(backup);
    expect(again.state).toBe('pending');
    expect(second!.lock.held).toBe(true);
    await second!.lock.release();
    await world().advance(20_000);
    expect(again.value!.held).toBe(true);
    await world().remove('unrelated');
  });

  it('keeps a holder whose ticket was in the backup', async () => {
    const holder = world().instance();
    const lock = await holder.locks.acquire('k');
    await world().advance(500);
    const backup = world().cluster.backup();
    await writeMore(5);
    await restore(backup);
    expect(lock.held).toBe(true);
    expect(await world().instance().locks.tryAcquire('k')).toBeNull();
    await lock.release();
    expect(await world().tickets('k')).toEqual([]);
  });

  it('has a ticket again that was given back: it is removed', async () => {
    const instance = world().instance();
    await instance.locks.acquire('other');
    await world().advance(500);
    const lock = await instance.locks.acquire('k');
    const backup = world().cluster.backup();
    await lock.release();
    await writeMore(5);
    await restore(backup);
    expect(await world().tickets('k')).toEqual([]);
    expect(await world().tickets('other')).toHaveLength(1);
    await world().remove('unrelated');
  });

  it.each([
    ['an etcd that went back', 0n, 'revision-went-back'],
    ['one whose revision was set forward', 10n ** 9n, 'revision-leapt'],
  ])('is noticed by a process that does nothing: %s', async (_, bump, told) => {
    const { locks, events } = world().instance();
    const lock = await locks.acquire('k');
    const { revision, ...rest } = world().cluster.backup();
    await lock.release();
    await writeMore(5);
    // A renewal tells it where etcd is.
    await world().advance(5_000);
    world().cluster.restore({ ...rest, revision: revision + bump });
    expect(await world().tickets('k')).toHaveLength(1);
    await world().advance(5_000);
    expect(await world().tickets('k')).toEqual([]);
    const types = events.map(({ type }) => type);
    expect(types.filter((type) => type === told)).toHaveLength(1);
  });

  it('and was set forward has lost the ticket of a holder all the same', async () => {
    const holder = world().instance();
    await holder.locks.acquire('other');
    const { revision, ...rest } = world().cluster.backup();
    const lock = await holder.locks.acquire('k');
    await world().advance(500);
    await restore({ ...rest, revision: revision + 10n ** 9n });
    expect(lock.signal.reason).toMatchObject({ reason: 'taken' });
    await world().remove('unrelated');
  });

  it('has its waiters count anew', async () => {
    const [holder, waiter] = await world().queueUp(2);
    const backup = world().cluster.backup();
    await writeMore(60);
    // The waiter learns of the later revision.
    await world().advance(10_000);
    await restore(backup);
    expect(waiter!.call.state).toBe('pending');
    await holder!.lock.release();
    await world().advance(100);
    expect(waiter!.lock.held).toBe(true);
    await world().remove('unrelated');
  });

  it('is asked again for what a follower shows', async () => {
    const holder = world().instance();
    await holder.locks.acquire('other');
    const seen: string[][] = [];
    const backup = world().cluster.backup();
    const stop = holder.locks.follow({
      snapshot: (locks) => seen.push(locks.map(({ key }) => key)),
      changed: () => {},
      interrupted: () => {},
    });
    await holder.locks.acquire('k');
    await writeMore(3);
    await restore(backup);
    expect(seen.at(-1)).toEqual(['other']);
    stop();
    await world().remove('unrelated');
  });

  it('empty has nobody left who holds, and serves those who come', async () => {
    const { locks } = world().instance();
    const lock = await locks.acquire('k');
    await world().advance(500);
    await restore();
    await world().advance(20_000);
    expect(lock.held).toBe(false);
    expect((await world().outcome(locks.acquire('k'), 5_000)).held).toBe(true);
  });

  it('is told once, and new locks have a lease of their own', async () => {
    const { locks, traffic, events } = world().instance();
    const lock = await locks.acquire('k');
    await world().advance(500);
    const backup = world().cluster.backup();
    await (await locks.acquire('i')).release();
    await restore(backup);
    const setbacks = events.filter(
      ({ type }: LockEvent) => type === 'revision-went-back',
    );
    expect(setbacks).toHaveLength(1);
    await locks.acquire('j');
    expect(traffic.leases).toHaveLength(2);
    await lock.release();
  });
});

describe('a restore that shows in no revision', () => {
  /** The cluster is what it was, and has got a little further than anybody knew. */
  async function restoreUnseen(
    { keys, leases }: MemoryClusterBackup,
    further = 0n,
  ): Promise<void> {
    const revision = world().cluster.revision + further;
    await restore({ keys, leases, revision });
  }

  /** A lock that was given back stands in etcd again, on a lease that another keeps in use. */
  async function withGhost(locks: LockClient): Promise<void> {
    await locks.acquire('held');
    const lock = await locks.acquire('k');
    const backup = world().cluster.backup();
    await lock.release();
    await restoreUnseen(backup);
  }

  const ended = (types: readonly LockEvent[]) =>
    types.filter(({ type }) => type.startsWith('revision-'));

  it.each([
    ['just where a process knew it', 0n],
    ['a little further', 40n],
  ])(
    'has tickets again that were given back; when it comes out %s, they go within a TTL',
    async (_, further) => {
      const { locks, events } = world().instance();
      const lock = await locks.acquire('k');
      const backup = world().cluster.backup();
      await lock.release();
      await world().advance(5_000);
      await restoreUnseen(backup, further);
      expect(await world().tickets('k')).toHaveLength(1);
      await world().advance(15_000);
      expect(await world().tickets('k')).toEqual([]);
      expect(ended(events)).toEqual([]);
    },
  );

  it('takes nothing from a process that holds and waits, but the tickets that came back', async () => {
    const [other, busy] = [world().instance(), world().instance()];
    const waitedFor = await other.locks.acquire('waited for');
    const held = await busy.locks.acquire('held');
    const waiting = follow(
      busy.locks.acquire('waited for', { waitTimeout: Infinity }),
    );
    await world().settle();
    const ghosts = await Promise.all(
      ['k', 'l'].map((key) => busy.locks.acquire(key)),
    );
    const backup = world().cluster.backup();
    for (const lock of ghosts) await lock.release();
    await restoreUnseen(backup, 3n);
    await world().advance(15_000);
    expect(await world().tickets('k')).toEqual([]);
    expect(await world().tickets('l')).toEqual([]);
    expect(held.held).toBe(true);
    await waitedFor.release();
    await world().settle();
    expect(waiting.value!.held).toBe(true);
    // What was known of the names and epochs of the old lease may be wrong as well.
    await busy.locks.acquire('k');
    expect(busy.traffic.leases).toHaveLength(2);
  });

  it('is found out at the next renewal when the first look fails', async () => {
    const { locks, network } = world().instance();
    await withGhost(locks);
    network.refuse({ on: 'attachedKeys' });
    await world().advance(15_000);
    expect(await world().tickets('k')).toHaveLength(1);
    await world().advance(5_000);
    expect(await world().tickets('k')).toEqual([]);
  });

  it('has a ticket whose removal is late, and takes nobody out who came after it', async () => {
    const { locks, network } = world().instance();
    await withGhost(locks);
    const removal = network.holdRequests({ on: 'transact' });
    await world().advance(15_000);
    expect(removal.hits).toBe(1);
    const call = follow(locks.acquire('k', { waitTimeout: Infinity }));
    await world().advance(20_000);
    expect(call.value!.held).toBe(true);
    // The next one has the name of the stray again.
    await call.value!.release();
    const next = await locks.acquire('k');
    removal.lift();
    await world().advance(100);
    expect(next.held).toBe(true);
    expect(await world().tickets('k')).toHaveLength(1);
  });
});

describe('the look at what hangs on a lease', () => {
  it('is taken once a TTL, at shared leases, however many locks hang on them', async () => {
    const { locks, traffic } = world().instance();
    for (const key of ['a', 'b', 'c']) await locks.acquire(key);
    await locks.acquire('d', { dedicatedLease: true });
    await world().advance(61_000);
    expect(traffic.count('attachedKeys')).toBe(4);
    expect(traffic.leases).toHaveLength(2);
  });

  it('leaves alone what somebody owns, or is about to put or to take out', async () => {
    const [other, busy] = [world().instance(), world().instance()];
    await other.locks.acquire('waited for');
    const leaving = await busy.locks.acquire('leaving');
    const held = await busy.locks.acquire('held');
    void busy.locks
      .acquire('waited for', { waitTimeout: Infinity })
      .catch(() => {});
    await world().advance(14_000);
    const replies = busy.network.holdReplies({ on: 'transact', times: 2 });
    const entering = follow(busy.locks.acquire('entering'));
    await world().settle();
    const release = leaving.release();
    await world().advance(2_000);
    expect(busy.traffic.count('attachedKeys')).toBe(1);
    expect(replies.hits).toBe(1);
    replies.lift();
    await world().outcome(release, 5_000);
    await world().advance(100);
    expect(entering.value!.held).toBe(true);
    expect(held.held).toBe(true);
    expect(await world().tickets('waited for')).toHaveLength(2);
    await world().advance(15_000);
    expect(held.held).toBe(true);
    expect(entering.value!.held).toBe(true);
    expect(busy.traffic.leases).toHaveLength(1);
  });

  it('leaves the key standing that disarms late copies', async () => {
    const { locks, network } = world().instance();
    network.loseReplies({ on: 'transact' });
    const lock = await world().outcome(locks.acquire('k'), 1_000);
    await world().outcome(lock.release(), 1_000);
    const fence = await world().keys('locks/@fence/');
    expect(fence).toHaveLength(1);
    await world().advance(30_000);
    expect(await world().keys('locks/@fence/')).toEqual(fence);
  });
});

/** Its next read is answered as if nothing had ever been written. Returns whether it was. */
function answerWithThePast({ traffic }: Instance): () => boolean {
  const transact = traffic.transact.bind(traffic);
  const past = { kind: 'range', keys: [], count: 0 } as const;
  let answered = false;
  traffic.transact = async (transaction, call) => {
    const reply = await transact(transaction, call);
    const reads = transaction.success.every(({ kind }) => kind === 'range');
    if (answered || !reads) return reply;
    answered = true;
    return { ...reply, revision: 1n, replies: [past] };
  };
  return () => answered;
}

describe('a member that lags behind', () => {
  it('and answers once with the past, as some do after a pause, takes no lock', async () => {
    const instance = world().instance();
    const { locks, network, events } = instance;
    const lock = await locks.acquire('k');
    await world().advance(500);
    const answered = answerWithThePast(instance);
    network.endWatches();
    await world().advance(3_000);
    expect(answered()).toBe(true);
    expect(events.map(({ type }) => type)).toContain('revision-went-back');
    expect(lock.held).toBe(true);
    await lock.release();
    expect(await world().tickets('k')).toEqual([]);
  });

  it('and answers a keeper once with the past takes no lock', async () => {
    const first = await world().instance().locks.acquire('k');
    const instance = world().instance();
    const terms = { keep: '30s', waitTimeout: Infinity } as const;
    const call = instance.locks.acquire('k', terms);
    await world().settle();
    const answered = answerWithThePast(instance);
    await first.release();
    const lock = await world().outcome(call);
    await world().advance(3_000);
    expect(answered()).toBe(true);
    const types = instance.events.map(({ type }) => type);
    expect(types).toContain('revision-went-back');
    expect(lock.held).toBe(true);
    await lock.release();
    expect(await world().tickets('k')).toEqual([]);
  });

  it('is no reason to forget anything', async () => {
    const clock = world().clock;
    const store = new MemoryStore({ cluster: world().cluster });
    const watch = store.watch.bind(store);
    store.watch = (range, listener, options) =>
      watch(
        range,
        { ...listener, created: () => listener.created(1n) },
        options,
      );
    const locks = new LockClient({ store, clock, random: () => 0.5 });
    const events: LockEvent[] = [];
    locks.subscribe((event) => events.push(event));
    const lock = await locks.acquire('k');
    const waiting = follow(locks.acquire('k'));
    await world().advance(5_000);
    expect(lock.held).toBe(true);
    expect(events.map(({ type }) => type)).not.toContain('revision-went-back');
    await lock.release();
    await world().settle();
    expect(waiting.value!.held).toBe(true);
    await waiting.value!.release();
    await world().outcome(locks.close(), 5_000);
  });
});
