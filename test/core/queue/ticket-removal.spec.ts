import { describe, expect, it } from 'vitest';
import { follow } from '../support/follow.js';
import { deletes, puts } from '../support/operations.js';
import { useWorld } from '../support/world.js';

const world = useWorld();

describe('a release', () => {
  it('is over locally at the call, and resolves when etcd has confirmed', async () => {
    const { locks, network } = world().instance();
    const lock = await locks.acquire('k');
    const answer = network.holdReplies({ on: 'transact' });
    const released = follow(lock.release());
    expect(lock.held).toBe(false);
    expect(lock.remaining()).toBe(0);
    await world().advance(1_000);
    expect(released.state).toBe('pending');
    answer.lift();
    await world().settle();
    expect(released.state).toBe('resolved');
    expect(await world().tickets('k')).toEqual([]);
  });

  it('twice, or through dispose as well, is the same release', async () => {
    const { locks, traffic, events } = world().instance();
    const lock = await locks.acquire('k');
    await Promise.all([lock.release(), lock.release()]);
    const sent = traffic.count();
    await lock.release();
    await lock[Symbol.asyncDispose]();
    expect(traffic.count()).toBe(sent);
    expect(events.filter(({ type }) => type === 'released')).toHaveLength(1);
  });

  it('does not abort the signal, and leaves the lock as not held', async () => {
    const { locks } = world().instance();
    const lock = await locks.acquire('k');
    const { signal } = lock;
    await lock.release();
    await world().advance(60_000);
    expect(signal.aborted).toBe(false);
    expect(() => lock.assertHeld()).toThrow(
      expect.objectContaining({ code: 'LOCK_NOT_HELD' }),
    );
  });

  it('deletes exactly its own ticket: never a later one of the same name', async () => {
    const { locks, traffic } = world().instance();
    const lock = await locks.acquire('k');
    const [ticket] = await world().tickets('k');
    await world().remove(ticket!.key);
    await world().store.transact({
      compare: [],
      success: [{ kind: 'put', key: ticket!.key, value: 'somebody else' }],
      failure: [],
    });
    await lock.release();
    expect(await world().tickets('k')).toHaveLength(1);
    expect(traffic.transactions.at(-1)!.compare).toMatchObject([
      { target: 'create', is: '=', to: ticket!.createRevision },
    ]);
    await world().remove(ticket!.key);
  });

  it.each(['loseReplies', 'refuse'] as const)(
    'is repeated until etcd answers (%s)',
    async (fault) => {
      const { locks, network, events } = world().instance();
      const lock = await locks.acquire('k');
      network[fault]({ on: 'transact', times: 4 });
      await world().outcome(lock.release(), 1_000);
      expect(await world().tickets('k')).toEqual([]);
      expect(events.filter(({ type }) => type === 'lost')).toEqual([]);
    },
  );

  it('goes on in the background when etcd does not answer in time', async () => {
    const { locks, network } = world().instance();
    const lock = await locks.acquire('k');
    network.holdRequests({ on: 'transact', times: Infinity });
    const released = follow(lock.release());
    await world().advance(4_499);
    expect(released.state).toBe('pending');
    await world().advance(1);
    expect(released.state).toBe('resolved');
    expect(await world().tickets('k')).toHaveLength(1);
    network.heal();
    await world().advance(1_000);
    expect(await world().tickets('k')).toEqual([]);
  });

  it('keeps its ticket’s name until that is known to be gone, then gives it back', async () => {
    const { locks, network } = world().instance();
    const lock = await locks.acquire('k');
    const [first] = await world().tickets('k');
    network.refuse({ on: 'transact' });
    void lock.release();
    await world().settle();
    const next = follow(locks.acquire('k'));
    await world().settle();
    const names = (await world().tickets('k')).map(({ key }) => key);
    expect(names).toEqual([first!.key, `${first!.key}-1`]);
    expect(next.state).toBe('pending');
    await world().advance(1_000);
    expect(next.state).toBe('resolved');
    await next.value!.release();
    const again = await locks.acquire('k');
    expect((await world().tickets('k'))[0]!.key).toBe(first!.key);
    await again.release();
  });

  it('uses the same name for each of many acquisitions', async () => {
    const { locks } = world().instance();
    const names = new Set<string>();
    for (let round = 0; round < 20; round += 1) {
      const lock = await locks.acquire('k');
      for (const { key } of await world().tickets('k')) names.add(key);
      await lock.release();
    }
    expect(names.size).toBe(1);
  });

  it('leaves what it cannot remove to the end of the lease, and resolves', async () => {
    const { locks, network } = world().instance();
    const lock = await locks.acquire('k');
    network.cut();
    const released = follow(lock.release());
    await world().advance(20_000);
    expect(released.state).toBe('resolved');
    expect(await world().tickets('k')).toEqual([]);
  });
});

describe('a wait that is given up', () => {
  it.each(['loseReplies', 'refuse'] as const)(
    'takes its ticket out, however often that fails (%s)',
    async (fault) => {
      await world().queueUp(1);
      const { locks, network, traffic } = world().instance();
      const abort = new AbortController();
      const call = follow(locks.acquire('k', { signal: abort.signal }));
      await world().settle();
      expect(await world().tickets('k')).toHaveLength(2);
      network[fault]({ on: 'transact', times: 4 });
      abort.abort(new Error('enough'));
      await world().advance(1_000);
      expect(call.error).toMatchObject({ message: 'enough' });
      expect(await world().tickets('k')).toHaveLength(1);
      expect(traffic.transactions.filter(deletes).length).toBe(5);
    },
  );

  it('just as its turn comes passes the turn on', async () => {
    const [holder] = await world().queueUp(1);
    const { locks } = world().instance();
    const abort = new AbortController();
    const call = follow(locks.acquire('k', { signal: abort.signal }));
    await world().settle();
    const [last] = await world().queueUp(1);
    void holder!.lock.release();
    abort.abort();
    await world().settle();
    expect(call.state).toBe('rejected');
    expect(last!.call.state).toBe('resolved');
  });

  it('never puts a ticket at all when its signal had aborted before', async () => {
    const { locks, traffic } = world().instance();
    const error = await world().failure(
      locks.acquire('k', { signal: AbortSignal.abort('too late') }),
    );
    expect(error).toBe('too late');
    expect(traffic.count()).toBe(0);
    expect(traffic.transactions.filter(puts)).toEqual([]);
  });
});
