import { describe, expect, it } from 'vitest';
import type { AcquireOptions } from '../../../lib/core/index.js';
import { follow } from '../support/follow.js';
import { type Applicant, useWorld } from '../support/world.js';

const world = useWorld();

const shared: AcquireOptions = { mode: 'shared' };

const states = (applicants: readonly Applicant[]) =>
  applicants.map(({ call }) => call.state === 'resolved');

describe('shared', () => {
  it('admits readers together, from one process and from several', async () => {
    const readers = await world().queueUp(3, 'k', shared);
    const again = await readers[0]!.locks.acquire('k', shared);
    expect(states(readers)).toEqual([true, true, true]);
    expect(again.held).toBe(true);
    const { holders } = await readers[0]!.locks.inspect('k');
    expect(holders).toHaveLength(4);
  });

  it('keeps a writer out until the last reader has left', async () => {
    const readers = await world().queueUp(3, 'k', shared);
    const [writer] = await world().queueUp(1);
    for (const { lock } of readers) {
      expect(writer!.call.state).toBe('pending');
      await lock.release();
      await world().settle();
    }
    expect(writer!.lock.held).toBe(true);
  });

  it('serves in the order of arrival, so that neither kind starves', async () => {
    const early = await world().queueUp(2, 'k', shared);
    const [writer] = await world().queueUp(1);
    const late = await world().queueUp(2, 'k', shared);
    const [lastWriter] = await world().queueUp(1);
    expect(states([...early, writer!, ...late, lastWriter!])).toEqual([
      true,
      true,
      false,
      false,
      false,
      false,
    ]);
    for (const { lock } of early) await lock.release();
    await world().settle();
    expect(states([writer!, ...late])).toEqual([true, false, false]);
    await writer!.lock.release();
    await world().settle();
    expect(states([...late, lastWriter!])).toEqual([true, true, false]);
    for (const { lock } of late) await lock.release();
    await world().settle();
    expect(lastWriter!.lock.fencingToken).toBeGreaterThan(
      Math.max(...late.map(({ lock }) => Number(lock.fencingToken))),
    );
  });

  it('gives a writer a greater token than every reader before it, and after it', async () => {
    const readers = await world().queueUp(3, 'k', shared);
    const [writer] = await world().queueUp(1);
    const [reader] = await world().queueUp(1, 'k', shared);
    for (const { lock } of readers) await lock.release();
    await world().settle();
    const { fencingToken } = writer!.lock;
    for (const { lock } of readers)
      expect(fencingToken).toBeGreaterThan(lock.fencingToken);
    await writer!.lock.release();
    await world().settle();
    expect(reader!.lock.fencingToken).toBeGreaterThan(fencingToken);
  });

  it('lets waiting readers in when the writer ahead of them gives up', async () => {
    await world().queueUp(1, 'k', shared);
    const writer = world().instance();
    const call = follow(writer.locks.acquire('k', { waitTimeout: '1s' }));
    await world().settle();
    const readers = await world().queueUp(2, 'k', shared);
    expect(states(readers)).toEqual([false, false]);
    await world().advance(1_000);
    expect(call.error).toMatchObject({ code: 'LOCK_TIMEOUT' });
    expect(states(readers)).toEqual([true, true]);
  });

  it('is given by tryAcquire while only readers are there', async () => {
    await world().queueUp(2, 'k', shared);
    const { locks } = world().instance();
    const lock = await locks.tryAcquire('k', shared);
    expect(lock?.held).toBe(true);
    expect(await locks.tryAcquire('k')).toBeNull();
  });

  it('waits behind a ticket that says nothing of its mode', async () => {
    const foreign = 'locks/k/1234';
    await world().store.transact({
      compare: [],
      success: [{ kind: 'put', key: foreign, value: '' }],
      failure: [],
    });
    const [reader] = await world().queueUp(1, 'k', shared);
    expect(reader!.call.state).toBe('pending');
    await world().remove(foreign);
    await world().settle();
    expect(reader!.lock.held).toBe(true);
  });
});

describe('permits', () => {
  it('admits that many holders, and the next when one of them leaves', async () => {
    const workers = await world().queueUp(5, 'k', { permits: 2 });
    expect(states(workers)).toEqual([true, true, false, false, false]);
    await workers[1]!.lock.release();
    await world().settle();
    expect(states(workers)).toEqual([true, true, true, false, false]);
    await workers[0]!.lock.release();
    await workers[2]!.lock.release();
    await world().settle();
    expect(states(workers)).toEqual([true, true, true, true, true]);
  });

  it('counts several of one process like those of several', async () => {
    const { locks } = world().instance();
    const calls = [1, 2, 3].map(() =>
      follow(locks.acquire('k', { permits: 2 })),
    );
    await world().settle();
    expect(calls.map(({ state }) => state)).toEqual([
      'resolved',
      'resolved',
      'pending',
    ]);
  });

  it('gives a freed permit to whoever waits longest, also in a long queue', async () => {
    const workers = await world().queueUp(15, 'k', { permits: 3 });
    for (let done = 0; done < 12; done += 1) {
      expect(states(workers).indexOf(false)).toBe(done + 3);
      await workers[done]!.lock.release();
      await world().settle();
    }
    expect(states(workers).indexOf(false)).toBe(-1);
  });

  it('excludes an exclusive holder, and is excluded by one', async () => {
    const [worker] = await world().queueUp(1, 'k', { permits: 2 });
    const [exclusive] = await world().queueUp(1);
    const [second] = await world().queueUp(1, 'k', { permits: 2 });
    expect(states([exclusive!, second!])).toEqual([false, false]);
    await worker!.lock.release();
    await world().settle();
    expect(states([exclusive!, second!])).toEqual([true, false]);
    await exclusive!.lock.release();
    await world().settle();
    expect(second!.lock.held).toBe(true);
  });
});

describe('a long queue of readers and writers', () => {
  it('agrees at every step with what etcd shows, until all were served', async () => {
    const kinds = 'rrwrrrwwrwrrrrrwrrwwwrrwrrrr';
    const all: Applicant[] = [];
    for (const kind of kinds) {
      const options = kind === 'r' ? shared : {};
      all.push(...(await world().queueUp(1, 'k', options)));
    }
    const served = new Set<Applicant>();
    for (let left = all.length; left > 0; left -= 1) {
      const holding = all.filter(({ call }) => call.value?.held);
      const { holders } = await all[0]!.locks.inspect('k');
      expect(holding).toHaveLength(holders.length);
      // The youngest of those who hold it together leaves first.
      const leaving = holding.at(-1)!;
      expect(
        all.slice(0, all.indexOf(holding[0]!)).every((one) => served.has(one)),
      ).toBe(true);
      served.add(leaving);
      await leaving.lock.release();
      await world().settle();
    }
    expect(served.size).toBe(all.length);
    expect(world().clock.now().mono).toBe(0);
  });
});

describe('contradictory uses of one key', () => {
  const rows: [string, AcquireOptions, AcquireOptions, RegExp][] = [
    ['other permits', { permits: 2 }, { permits: 3 }, /3 permits.* with 2/],
    ['a semaphore for a shared lock', shared, { permits: 2 }, /semaphore/],
    ['a shared lock for a semaphore', { permits: 2 }, shared, /semaphore/],
    ['fewer permits', { permits: 2 }, { permits: 1 }, /1 permits.* with 2/],
  ];

  it.each(rows)('are refused: %s', async (_, theirs, ours, message) => {
    await world().queueUp(1, 'k', theirs);
    const { locks } = world().instance();
    const error = await world().failure(locks.acquire('k', ours));
    expect(error).toMatchObject({
      code: 'LOCK_CONFLICT',
      key: 'k',
      message: expect.stringMatching(message),
    });
    expect(await world().tickets('k')).toHaveLength(1);
  });

  it.each(rows)('are refused to a try as well: %s', async (_, theirs, ours) => {
    await world().queueUp(1, 'k', theirs);
    const { locks } = world().instance();
    const error = await world().failure(locks.tryAcquire('k', ours));
    expect(error).toMatchObject({ code: 'LOCK_CONFLICT' });
    expect(await world().tickets('k')).toHaveLength(1);
  });

  it('are no matter once the others have left', async () => {
    const [worker] = await world().queueUp(1, 'k', { permits: 2 });
    await worker!.lock.release();
    const lock = await worker!.locks.acquire('k', { permits: 3 });
    expect(lock.held).toBe(true);
  });
});

describe('dedicatedLease', () => {
  it('has a lease of its own, which ends with the lock', async () => {
    const { locks, traffic } = world().instance();
    const plain = await locks.acquire('a');
    const own = await locks.acquire('b', { dedicatedLease: true });
    expect(traffic.leases).toHaveLength(2);
    const [ticket] = await world().tickets('b');
    expect(ticket!.lease).toBe(traffic.leases[1]);
    await own.release();
    await world().settle();
    expect(await world().leases()).toEqual([traffic.leases[0]]);
    expect(plain.held).toBe(true);
  });

  it('is not affected by the loss of the other, nor the other way round', async () => {
    const { locks, traffic } = world().instance();
    const plain = await locks.acquire('a');
    const own = await locks.acquire('b', { dedicatedLease: true });
    const other = await locks.acquire('c', { dedicatedLease: true });
    world().cluster.revokeLease(traffic.leases[0]!);
    world().cluster.revokeLease(traffic.leases[2]!);
    await world().advance(6_000);
    expect([plain.held, own.held, other.held]).toEqual([false, true, false]);
  });

  it('costs no lease when the lock is busy', async () => {
    await world().queueUp(1);
    const { locks } = world().instance();
    expect(await locks.tryAcquire('k', { dedicatedLease: true })).toBeNull();
    await world().settle();
    expect(await world().leases()).toHaveLength(1);
  });
});
