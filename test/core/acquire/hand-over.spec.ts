import { describe, expect, it } from 'vitest';
import { follow } from '../support/follow.js';
import { refusal } from '../support/network.js';
import { operationsOf } from '../support/operations.js';
import { useWorld } from '../support/world.js';

const world = useWorld();

describe('a release with others of the process behind it', () => {
  it('and the next entry are one commit, with another name', async () => {
    const { locks, traffic } = world().instance();
    const lock = await locks.acquire('k');
    const next = follow(locks.acquire('k'));
    await world().settle();
    const before = traffic.count('transact');
    const [ticket] = await world().tickets('k');
    await lock.release();
    expect(traffic.count('transact')).toBe(before + 1);
    const swap = traffic.transactions.at(-1)!;
    expect(operationsOf(swap).map(({ kind }) => kind)).toEqual([
      'delete',
      'put',
      'range',
      'range',
    ]);
    await world().settle();
    expect(next.value!.held).toBe(true);
    expect(await world().tickets('k')).toMatchObject([
      { key: `${ticket!.key}-1` },
    ]);
    expect(next.value!.fencingToken).toBeGreaterThan(lock.fencingToken);
  });

  it('goes behind those of other processes who waited longer', async () => {
    const { locks } = world().instance();
    const lock = await locks.acquire('k');
    const [rival] = await world().queueUp(1);
    const next = follow(locks.acquire('k'));
    await world().settle();
    await lock.release();
    await world().settle();
    expect(rival!.lock.held).toBe(true);
    expect(next.state).toBe('pending');
    await rival!.lock.release();
    await world().settle();
    expect(next.value?.held).toBe(true);
  });

  it.each<[string, number]>([
    ['one answer is lost', 1],
    ['several answers are lost', 3],
  ])('is no loss when %s', async (_, times) => {
    const { locks, network, events } = world().instance();
    let finish = () => {};
    const work = new Promise<void>((resolve) => (finish = resolve));
    const first = follow(locks.withLock('k', () => work));
    await world().settle();
    const next = follow(locks.acquire('k'));
    await world().settle();
    network.loseReplies({ on: 'transact', times });
    finish();
    await world().advance(1_000);
    expect(first).toMatchObject({ state: 'resolved', error: undefined });
    expect(next.value?.held).toBe(true);
    expect(events.filter(({ type }) => type === 'lost')).toEqual([]);
  });

  it.each([
    ['gives up', undefined],
    ['is refused', refusal()],
  ])(
    'is no loss when its answer is lost and the next one %s',
    async (_, error) => {
      const { locks, network, events } = world().instance();
      let finish = () => {};
      const work = new Promise<void>((resolve) => (finish = resolve));
      const first = follow(locks.withLock('k', () => work));
      await world().settle();
      const next = follow(locks.acquire('k', { waitTimeout: '15ms' }));
      await world().settle();
      network.loseReplies({ on: 'transact' });
      if (error) network.refuse({ on: 'transact', error });
      finish();
      await world().advance(2_000);
      expect(next.state).toBe('rejected');
      expect(first).toMatchObject({ state: 'resolved', error: undefined });
      expect(events.filter(({ type }) => type === 'lost')).toEqual([]);
      expect(await world().tickets('k')).toEqual([]);
    },
  );

  it('is a loss when the ticket was taken away before', async () => {
    const { locks } = world().instance();
    let finish = () => {};
    const work = new Promise<void>((resolve) => (finish = resolve));
    const first = follow(locks.withLock('k', () => work));
    await world().settle();
    const next = follow(locks.acquire('k'));
    await world().settle();
    const [ticket] = await world().tickets('k');
    await world().remove(ticket!.key);
    finish();
    await world().settle();
    expect(first.error).toMatchObject({ code: 'LOCK_LOST', reason: 'taken' });
    expect(next.value?.held).toBe(true);
  });

  it('still leaves when the session it held on is over and the next one has another', async () => {
    const { locks, network, traffic } = world().instance();
    const lock = await locks.acquire('k');
    const next = follow(locks.acquire('k', { waitTimeout: '60s' }));
    await world().settle();
    network.cut();
    await world().advance(15_000);
    expect(lock.held).toBe(false);
    network.heal();
    await world().advance(2_000);
    expect(next.value?.held).toBe(true);
    expect(new Set(traffic.leases).size).toBeGreaterThan(1);
    expect(await world().tickets('k')).toHaveLength(1);
  });
});

describe('holders of permits with others of the process behind them', () => {
  const options = { permits: 10, waitTimeout: Infinity };

  async function holdersAndHeirs() {
    const { locks, ...around } = world().instance();
    await locks.acquire('other');
    const acquireAll = () =>
      Array.from({ length: 10 }, () => follow(locks.acquire('k', options)));
    const holders = acquireAll();
    await world().settle();
    const heirs = acquireAll();
    await world().settle();
    return { holders, heirs, ...around };
  }

  it('who release at once hand over in one commit', async () => {
    const { holders, heirs, traffic } = await holdersAndHeirs();
    const before = traffic.count('transact');
    for (const { value } of holders) void value!.release();
    await world().settle();
    expect(heirs.every(({ value }) => value?.held)).toBe(true);
    expect(traffic.count('transact') - before).toBeLessThanOrEqual(2);
    expect(await world().tickets('k')).toHaveLength(10);
  });

  it('each hear whether their own ticket was gone', async () => {
    const { holders, heirs, network, events } = await holdersAndHeirs();
    network.holdWatches();
    const [, second] = await world().tickets('k');
    await world().remove(second!.key);
    for (const { value } of holders) void value!.release();
    await world().settle();
    const told = events.filter(({ type }) => type === 'lost');
    expect(told).toMatchObject([{ reason: 'taken' }]);
    expect(heirs.every(({ value }) => value?.held)).toBe(true);
  });
});
