import { describe, expect, it } from 'vitest';
import { refusal } from '../support/network.js';
import { useWorld } from '../support/world.js';

const world = useWorld();

async function put(key: string, value = ''): Promise<void> {
  await world().store.transact({
    compare: [],
    success: [{ kind: 'put', key, value }],
    failure: [],
  });
}

describe('inspect', () => {
  it('shows who holds the lock and who waits, in the order of the queue', async () => {
    const [holder, first] = await world().queueUp(2, 'k', {
      metadata: { order: 42 },
    });
    const second = world().instance({ label: 'api-2' });
    void second.locks.acquire('k').catch(() => {});
    await world().settle();
    const state = await first!.locks.inspect('k');
    const [h, f, s] = await world().tickets('k');
    expect(state).toMatchObject({
      key: 'k',
      etcdName: 'locks/k/',
      holders: [
        {
          ticket: h!.key,
          createRevision: h!.createRevision,
          mode: 'exclusive',
          host: expect.any(String),
          pid: process.pid,
          label: '',
          since: world().clock.now().wall,
          metadata: { order: 42 },
        },
      ],
      waiters: [
        { ticket: f!.key, metadata: { order: 42 } },
        { ticket: s!.key, label: 'api-2' },
      ],
    });
    expect(state.holders[0]!.createRevision).toBe(holder!.lock.fencingToken);
  });

  it.each([
    ['readers and a writer', [{ mode: 'shared' }, { mode: 'shared' }, {}], 2],
    ['permits', [{ permits: 2 }, { permits: 2 }, { permits: 2 }], 2],
  ] as const)('knows the modes: %s', async (_, options, holders) => {
    for (const each of options) await world().queueUp(1, 'k', each);
    const { locks } = world().instance();
    const state = await locks.inspect('k');
    expect(state.holders).toHaveLength(holders);
    expect(state.waiters).toHaveLength(options.length - holders);
  });

  it('shows an unused key as free, and writes nothing', async () => {
    const { locks } = world().instance();
    const { revision } = world().cluster;
    expect(await locks.inspect('k')).toEqual({
      key: 'k',
      etcdName: 'locks/k/',
      holders: [],
      waiters: [],
    });
    expect(world().cluster.revision).toBe(revision);
  });

  it('shows a ticket of another kind of client as an exclusive one', async () => {
    await put('locks/k/1234');
    const { locks } = world().instance();
    const { holders } = await locks.inspect('k');
    expect(holders).toMatchObject([
      { ticket: 'locks/k/1234', mode: 'exclusive' },
    ]);
    expect(holders[0]).not.toHaveProperty('pid');
    await world().remove('locks/k/1234');
  });

  it.each(['inspect', 'list', 'forceRelease'] as const)(
    'fails like %s with a LockStoreError when etcd does',
    async (method) => {
      const { locks, network } = world().instance();
      network.refuse({ on: 'read', error: refusal() });
      const error = await world().failure(locks[method]('k'));
      expect(error).toMatchObject({
        code: 'LOCK_STORE',
        outcome: 'not-applied',
        cause: { reason: 'permission-denied' },
      });
    },
  );
});

describe('list', () => {
  it('shows every lock that somebody holds or waits for, by the name the user gave', async () => {
    await world().queueUp(2, 'order:42');
    await world().queueUp(1, 'a/b');
    await world().queueUp(1, ['x', 'y']);
    const { locks } = world().instance();
    const list = await locks.list();
    const seen = list.map(({ key, holders, waiters }) => [
      key,
      holders.length,
      waiters.length,
    ]);
    expect(seen).toHaveLength(4);
    expect(seen).toEqual(
      expect.arrayContaining([
        ['a/b', 1, 0],
        ['order:42', 1, 1],
        ['x', 1, 0],
        ['y', 1, 0],
      ]),
    );
  });

  it('shows nothing that is no lock', async () => {
    const { locks, network } = world().instance();
    await locks.acquire('other');
    // A fence exists only after trouble.
    network.loseReplies({ on: 'transact' });
    const lock = await world().outcome(locks.acquire('k'), 1_000);
    await world().outcome(lock.release(), 1_000);
    expect(await world().keys('locks/@fence/')).toHaveLength(1);
    await put('locks/stray');
    expect((await locks.list()).map(({ key }) => key)).toEqual(['other']);
    await world().remove('locks/stray');
  });
});

describe('forceRelease', () => {
  it('takes the lock from its holder, who is told, and lets the next one in', async () => {
    const [holder, waiter] = await world().queueUp(2);
    const { locks } = world().instance();
    await world().advance(1_000);
    const { signal } = holder!.lock;
    expect(await locks.forceRelease('k')).toBe(1);
    await world().settle();
    expect(signal.reason).toMatchObject({ code: 'LOCK_LOST', reason: 'taken' });
    expect(holder!.lock.held).toBe(false);
    expect(waiter!.lock.held).toBe(true);
    await holder!.lock.release();
    expect(waiter!.lock.held).toBe(true);
    expect(await world().tickets('k')).toHaveLength(1);
  });

  it('takes it from all who hold it together, and from no waiter', async () => {
    const readers = await world().queueUp(3, 'k', { mode: 'shared' });
    const [writer] = await world().queueUp(1);
    const { locks } = world().instance();
    expect(await locks.forceRelease('k')).toBe(3);
    await world().advance(1_000);
    expect(readers.map(({ lock }) => lock.held)).toEqual([false, false, false]);
    expect(writer!.lock.held).toBe(true);
  });

  it('takes nothing from those who became holders after it looked', async () => {
    const [holder, waiter] = await world().queueUp(2);
    const { locks, traffic } = world().instance();
    traffic.before = (call) => {
      if (call === 'transact') void holder!.lock.release();
    };
    await world().outcome(locks.forceRelease('k'));
    expect(waiter!.lock.held).toBe(true);
  });

  it('finds nothing to do on a free key', async () => {
    const { locks, traffic } = world().instance();
    expect(await locks.forceRelease('k')).toBe(0);
    expect(traffic.count('transact')).toBe(0);
  });

  it('says that the outcome is unknown when it is', async () => {
    await world().queueUp(1);
    const { locks, network } = world().instance();
    network.loseReplies({ on: 'transact' });
    const error = await world().failure(locks.forceRelease('k'));
    expect(error).toMatchObject({ code: 'LOCK_STORE', outcome: 'unknown' });
  });
});

describe('forceRelease of tickets that were seen', () => {
  it.each<[string, unknown]>([
    ['of another lock', { ticket: 'locks/other/1', createRevision: 1n }],
    [
      'of a lock whose key begins alike',
      { ticket: 'locks/kk/1', createRevision: 1n },
    ],
    ['that are any key of etcd', { ticket: 'config', createRevision: 1n }],
    ['without a revision', { ticket: 'locks/k/1' }],
    ['that are none', null],
    ['that are text', 'locks/k/1'],
  ])('refuses those %s, and deletes nothing', async (_, ticket) => {
    const { locks, traffic } = world().instance();
    await world().queueUp(1);
    const { holders } = await locks.inspect('k');
    const before = traffic.count('transact');
    const seen = [...holders, ticket] as typeof holders;
    await expect(locks.forceRelease('k', seen)).rejects.toMatchObject({
      code: 'LOCK_CONFIGURATION',
      key: 'k',
    });
    await expect(
      locks.forceRelease('k', ticket as typeof holders),
    ).rejects.toMatchObject({ code: 'LOCK_CONFIGURATION' });
    expect(traffic.count('transact')).toBe(before);
    expect(await world().tickets('k')).toHaveLength(1);
  });

  it('goes by the list as it was at the call', async () => {
    const { locks } = world().instance();
    await world().queueUp(3, 'k', { mode: 'shared' });
    const seen = [...(await locks.inspect('k')).holders];
    const released = locks.forceRelease('k', seen);
    seen.length = 1;
    expect(await world().outcome(released, 100)).toBe(3);
  });

  it('takes away a ticket whose name is no text in UTF-8, byte for byte', async () => {
    const { locks } = world().instance();
    const name = 'locks/k/\udcff\udc80';
    const success = [{ kind: 'put', key: name, value: '' } as const];
    await world().store.transact({ compare: [], success, failure: [] });
    const { holders } = await locks.inspect('k');
    expect(holders.map(({ ticket }) => ticket)).toEqual([name]);
    const [listed] = await locks.list();
    expect(listed).toMatchObject({ key: 'k', holders: [{ ticket: name }] });
    expect(await locks.forceRelease('k', holders)).toBe(1);
    expect(await world().tickets('k')).toEqual([]);
  });
});
