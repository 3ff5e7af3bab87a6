import { describe, expect, it, vi } from 'vitest';
import type { LockWatcher, LockState } from '../../../lib/core/index.js';
import { StoreError } from '../../../lib/core/index.js';
import { useWorld } from '../support/world.js';

const world = useWorld();

/** What a follower was told, in few words. */
function listener() {
  const heard: string[] = [];
  const follower: LockWatcher = {
    snapshot: (locks) => heard.push(`all: ${locks.map(words).join(', ')}`),
    changed: (locks) => heard.push(...locks.map(words)),
    interrupted: (error) => heard.push(`interrupted: ${error.message}`),
  };
  return { heard, follower };
}

const words = ({ key, holders, waiters }: LockState) =>
  `${key} ${holders.length}+${waiters.length}`;

describe('a follower', () => {
  it('is shown all locks, then each change, whoever makes it', async () => {
    const watcher = world().instance();
    await world().queueUp(1, 'a');
    const { heard, follower } = listener();
    const stop = watcher.locks.follow(follower);
    await world().settle();
    const [, second] = await world().queueUp(2, 'b');
    await world().remove((await world().tickets('b'))[0]!.key);
    await world().settle();
    expect(heard).toEqual(['all: a 1+0', 'b 1+0', 'b 1+1', 'b 1+0']);
    await second!.lock.release();
    await world().settle();
    expect(heard.at(-1)).toBe('b 0+0');
    stop();
    await world().queueUp(1, 'c');
    expect(heard.at(-1)).toBe('b 0+0');
  });

  it('of one key hears of no other', async () => {
    const watcher = world().instance();
    const { heard, follower } = listener();
    watcher.locks.follow(follower, { key: 'a' });
    await world().queueUp(1, 'b');
    await world().queueUp(1, 'a');
    await world().queueUp(1, 'a/b');
    expect(heard).toEqual(['all: ', 'a 1+0']);
  });

  it('is served by one watch, which ends with it', async () => {
    const watcher = world().instance();
    const stop = watcher.locks.follow(listener().follower);
    await world().queueUp(3, 'a');
    expect(watcher.traffic.watched.size).toBe(1);
    expect(watcher.traffic.count('read')).toBe(1);
    stop();
    expect(watcher.traffic.watched.size).toBe(0);
  });

  it('is told when nothing is heard, then shown everything anew', async () => {
    const watcher = world().instance();
    const { heard, follower } = listener();
    watcher.locks.follow(follower);
    await world().queueUp(1, 'a');
    watcher.network.endWatches(
      new StoreError('unavailable', 'unknown', 'gone for a while'),
    );
    await world().queueUp(1, 'b');
    await world().advance(100);
    expect(heard).toEqual([
      'all: ',
      'a 1+0',
      expect.stringContaining('gone for a while'),
      'all: a 1+0, b 1+0',
    ]);
  });

  it('misses nothing of what happens while everything is read', async () => {
    const watcher = world().instance();
    const [old] = await world().queueUp(1, 'old');
    const { heard, follower } = listener();
    const reading = watcher.network.holdReplies({ on: 'read' });
    watcher.locks.follow(follower);
    await world().settle();
    await old!.lock.release();
    await world().queueUp(1, 'new');
    expect(heard).toEqual([]);
    reading.lift();
    await world().settle();
    expect(heard).toEqual(['all: new 1+0']);
  });

  it('does not hear twice what was read and also watched', async () => {
    const watcher = world().instance();
    const { heard, follower } = listener();
    const reading = watcher.network.holdRequests({ on: 'read' });
    watcher.locks.follow(follower);
    await world().settle();
    const [holder] = await world().queueUp(1, 'a');
    await holder!.lock.release();
    await world().queueUp(1, 'a');
    reading.lift();
    await world().settle();
    expect(heard).toEqual(['all: a 1+0']);
  });

  it('may throw', async () => {
    const watcher = world().instance();
    const told: number[] = [];
    watcher.locks.follow({
      snapshot: () => {
        throw new Error('from a follower');
      },
      changed: (locks) => {
        told.push(locks.length);
        throw new Error('from a follower');
      },
      interrupted: () => {},
    });
    await world().queueUp(2, 'a');
    expect(told).toEqual([1, 1]);
  });

  it('stops with its client', async () => {
    const watcher = world().instance();
    watcher.locks.follow(listener().follower);
    await world().settle();
    await world().outcome(watcher.locks.close());
    expect(watcher.traffic.watched.size).toBe(0);
  });
});

describe('a long list', () => {
  it('is read in pieces, and is whole', async () => {
    const { locks, traffic } = world().instance();
    const names = Array.from(
      { length: 4_100 },
      (_, index) => `locks/${index}/1`,
    );
    for (let from = 0; from < names.length; from += 100) {
      await world().store.transact({
        compare: [],
        success: names
          .slice(from, from + 100)
          .map((key) => ({ kind: 'put', key, value: '' })),
        failure: [],
      });
    }
    expect(new Set((await locks.list()).map(({ key }) => key)).size).toBe(
      4_100,
    );
    expect(traffic.count('read')).toBe(3);
    await world().store.transact({
      compare: [],
      success: [{ kind: 'delete', range: { key: 'locks/', end: 'locks0' } }],
      failure: [],
    });
  });

  it('is refused where it is longer than anybody reads', async () => {
    const { locks, network } = world().instance();
    const reading = vi.spyOn(network, 'read').mockImplementation(async () => ({
      kind: 'range',
      keys: [],
      count: 100_001,
      revision: 1n,
    }));
    expect(await world().failure(locks.list())).toMatchObject({
      code: 'LOCK_STORE',
      message: expect.stringMatching(/100001 keys under locks\//),
    });
    expect(reading).toHaveBeenCalledTimes(1);
    const { heard, follower } = listener();
    locks.follow(follower);
    await world().settle();
    expect(heard).toEqual([
      expect.stringMatching(/^interrupted: .*100001 keys/),
    ]);
    reading.mockRestore();
    await world().advance(1_000);
    expect(heard.at(-1)).toBe('all: ');
  });
});

describe('the time left of a ticket', () => {
  it('is that of its lease, and none once that is gone', async () => {
    const { locks } = world().instance();
    const other = world().instance();
    const lock = await other.locks.acquire('k');
    const lease = (await locks.inspect('k')).holders[0]!.lease;
    await world().advance(4_000);
    expect(await locks.timeLeft(lease)).toBe(11_000);
    await lock.release();
    await world().outcome(other.locks.close());
    expect(await locks.timeLeft(lease)).toBe(0);
  });
});
