import { describe, expect, it } from 'vitest';
import { type Instance, useWorld } from '../support/world.js';
import { follow } from '../support/follow.js';

const world = useWorld();

const RECHECK_MS = 5_000;

function watchedBy({ traffic }: Instance): readonly string[] {
  return [...traffic.watched].map(({ key, end }) => (end ? `${key}*` : key));
}

describe('a waiter in a short queue', () => {
  it('is woken by its watch and asks for nothing more', async () => {
    const waiters = await world().queueUp(9);
    const before = waiters.map(({ traffic }) => traffic.count());
    for (const [index, { lock, traffic }] of waiters.entries()) {
      expect(traffic.count()).toBe(before[index]);
      await lock.release();
      await world().settle();
    }
  });

  it('has one watch on the whole queue', async () => {
    const [, waiter] = await world().queueUp(2);
    expect(watchedBy(waiter!)).toEqual(['locks/k/*']);
  });

  it('uses the watch again when it comes back within a second', async () => {
    const [first, second] = await world().queueUp(2);
    await first!.lock.release();
    await world().settle();
    await second!.lock.release();
    const [rival] = await world().queueUp(1);
    await world().advance(900);
    const again = follow(second!.locks.acquire('k'));
    await world().settle();
    await rival!.lock.release();
    await world().settle();
    expect(again.state).toBe('resolved');
    expect(second!.traffic.count('watch')).toBe(1);
    expect(second!.traffic.count('read')).toBe(0);
  });
});

describe('a waiter in a long queue', () => {
  it('watches only the ticket before it and its own', async () => {
    const waiters = await world().queueUp(12);
    const tickets = (await world().tickets('k')).map(({ key }) => key);
    expect(watchedBy(waiters[8]!)).toEqual(['locks/k/*']);
    expect(watchedBy(waiters[9]!)).toEqual([tickets[8], tickets[9]]);
    expect(watchedBy(waiters[11]!)).toEqual([tickets[10], tickets[11]]);
  });

  it('is not disturbed when somebody else is served', async () => {
    const waiters = await world().queueUp(20);
    const reads = () => waiters.map(({ traffic }) => traffic.count());
    const before = reads();
    await waiters[0]!.lock.release();
    await world().settle();
    expect(waiters[1]!.call.state).toBe('resolved');
    expect(reads().slice(1)).toEqual(before.slice(1));
  });

  it('reads once when the one before it leaves, and then follows the next', async () => {
    const waiters = await world().queueUp(12);
    const tickets = (await world().tickets('k')).map(({ key }) => key);
    const last = waiters[11]!;
    await world().remove(tickets[10]!);
    await world().settle();
    expect(last.traffic.reads).toMatchObject([{ stale: true, keysOnly: true }]);
    await world().advance(1_000);
    expect(watchedBy(last)).toEqual([tickets[11], tickets[9]]);
  });

  it('needs no watch and one short read when it comes behind the same process again', async () => {
    const waiters = await world().queueUp(12);
    const { traffic } = waiters[11]!;
    const calls = waiters.map(({ call }) => call);
    const everybodyOnce = async () => {
      for (const [index, { locks }] of waiters.entries()) {
        await calls[index]!.value!.release();
        calls[index] = follow(locks.acquire('k'));
        await world().settle();
      }
    };
    await everybodyOnce();
    await everybodyOnce();
    const watches = traffic.count('watch');
    const reads = traffic.reads.length;
    await everybodyOnce();
    expect(traffic.count('watch')).toBe(watches);
    expect(traffic.reads.slice(reads)).toMatchObject([
      { stale: true, keysOnly: true, limit: 1 },
    ]);
  });

  it('stays with one ticket when the queue has become short, for it will not need more', async () => {
    const waiters = await world().queueUp(11);
    const tickets = (await world().tickets('k')).map(({ key }) => key);
    for (const ticket of tickets.slice(1, 10)) await world().remove(ticket);
    await world().advance(1_000);
    expect(watchedBy(waiters[10]!)).toEqual([tickets[10], tickets[0]]);
  });

  it('gives up the watch that its process still has of the queue', async () => {
    const [first, ...others] = await world().queueUp(3);
    await first!.lock.release();
    await world().settle();
    await others[0]!.lock.release();
    await world().settle();
    expect(watchedBy(others[0]!)).toEqual(['locks/k/*']);
    await world().queueUp(10);
    void follow(others[0]!.locks.acquire('k'));
    await world().settle();
    expect(watchedBy(others[0]!)).toHaveLength(2);
    expect(watchedBy(others[0]!)).not.toContain('locks/k/*');
  });

  it('is served in its turn, everybody once', async () => {
    const waiters = await world().queueUp(30);
    const served: number[] = [];
    for (let round = 0; round < waiters.length; round += 1) {
      const holding = waiters.findIndex(({ call }) => call.value?.held);
      served.push(holding);
      await waiters[holding]!.lock.release();
      await world().settle();
    }
    expect(served).toEqual(waiters.map((_, index) => index));
  });

  it.each([0, 1, 2, 3, 4, 5, 6, 7, 8])(
    'misses nothing that happens while it turns to the next, %i steps late',
    async (late) => {
      const waiters = await world().queueUp(11);
      const tickets = (await world().tickets('k')).map(({ key }) => key);
      const { traffic, call } = waiters[10]!;
      const read = traffic.read.bind(traffic);
      const watch = traffic.watch.bind(traffic);
      // Everybody else leaves between its read and the making of its next watch.
      traffic.read = async (...args) => {
        const reply = await read(...args);
        traffic.read = read;
        for (const ticket of tickets.slice(0, 9)) await world().remove(ticket);
        return reply;
      };
      traffic.watch = (range, listener, options) =>
        watch(
          range,
          {
            ...listener,
            created: (revision) => {
              let told = Promise.resolve();
              for (let step = 0; step < late; step += 1)
                told = told.then(() => {});
              void told.then(() => listener.created(revision));
            },
          },
          options,
        );
      await world().remove(tickets[9]!);
      await world().advance(RECHECK_MS - 1);
      expect(call.state).toBe('resolved');
    },
  );
});

describe('a read from a member that lags behind', () => {
  it('is not believed when it is older than what the watch told', async () => {
    const waiters = await world().queueUp(11);
    const tickets = (await world().tickets('k')).map(({ key }) => key);
    const { traffic, call } = waiters[10]!;
    let stale = 0;
    const read = traffic.read.bind(traffic);
    traffic.read = async (operation, call) => {
      const reply = await read(operation, call);
      if (!call.stale) return reply;
      stale += 1;
      return { ...reply, keys: [], revision: 1n };
    };
    await world().remove(tickets[9]!);
    await world().settle();
    expect(stale).toBe(1);
    expect(call.state).toBe('pending');
    const standing = (await world().tickets('k')).map(({ key }) => key);
    expect(standing).toContain(tickets[10]);
    for (const ticket of tickets.slice(0, 9)) await world().remove(ticket);
    await world().settle();
    expect(call.state).toBe('resolved');
  });

  it('is not believed when it does not know our own ticket yet', async () => {
    const waiters = await world().queueUp(11);
    const tickets = (await world().tickets('k')).map(({ key }) => key);
    const { traffic, call, events } = waiters[10]!;
    const read = traffic.read.bind(traffic);
    traffic.read = async (operation, call) => {
      const reply = await read(operation, call);
      return call.stale ? { ...reply, keys: [] } : reply;
    };
    await world().remove(tickets[9]!);
    await world().settle();
    expect(call.state).toBe('pending');
    expect(events.filter(({ type }) => type === 'waiting')).toHaveLength(1);
  });

  it('is asked again when it fails', async () => {
    const waiters = await world().queueUp(11);
    const tickets = (await world().tickets('k')).map(({ key }) => key);
    const { network, call } = waiters[10]!;
    for (const ticket of tickets.slice(0, 9)) await world().remove(ticket);
    network.refuse({ on: 'read', times: 1 });
    network.refuse({ on: 'transact', times: 2 });
    await world().remove(tickets[9]!);
    await world().advance(RECHECK_MS / 2);
    expect(call.state).toBe('resolved');
  });
});
