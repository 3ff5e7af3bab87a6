import { describe, expect, it } from 'vitest';
import type { Lock } from '../../../lib/core/index.js';
import { follow } from '../support/follow.js';
import { useWorld } from '../support/world.js';

const world = useWorld();

/** Work that goes on until it is told how to end. */
function work() {
  let succeed: (value: string) => void = () => {};
  let fail: (error: unknown) => void = () => {};
  const run = () =>
    new Promise<string>((resolve, reject) => {
      succeed = resolve;
      fail = reject;
    });
  return {
    run,
    succeed: (value: string) => succeed(value),
    fail: (error: unknown) => fail(error),
  };
}

describe('withLock', () => {
  it('runs the work while it holds the lock, and resolves to its result', async () => {
    const { locks } = world().instance();
    let seen: Lock | undefined;
    const result = await locks.withLock('k', { ttl: '5s' }, (lock) => {
      seen = lock;
      expect(lock.held).toBe(true);
      return 42;
    });
    expect(result).toBe(42);
    expect(seen!.held).toBe(false);
    expect(await world().tickets('k')).toEqual([]);
  });

  it('resolves only after the release is confirmed', async () => {
    const { locks, network } = world().instance();
    const { run, succeed } = work();
    const outcome = follow(locks.withLock('k', run));
    await world().settle();
    const slow = network.holdReplies({ on: 'transact' });
    succeed('done');
    await world().settle();
    expect(outcome.state).toBe('pending');
    slow.lift();
    await world().settle();
    expect(outcome.value).toBe('done');
  });

  it.each([
    ['rejects', async () => Promise.reject(new RangeError('mine'))],
    [
      'throws',
      () => {
        throw new RangeError('mine');
      },
    ],
  ])('passes on untouched what the work %s', async (_, failing) => {
    const { locks } = world().instance();
    const error = await world().failure(locks.withLock('k', failing));
    expect(error).toBeInstanceOf(RangeError);
    expect(error).toMatchObject({ message: 'mine' });
    expect(await world().tickets('k')).toEqual([]);
  });

  it('passes on the error of the work also when the release fails', async () => {
    const { locks, network } = world().instance();
    const { run, fail } = work();
    const outcome = follow(locks.withLock('k', run));
    await world().settle();
    network.refuse({ on: 'transact', times: Infinity });
    fail('mine');
    await world().advance(5_000);
    expect(outcome.error).toBe('mine');
  });

  it('does not run the work when the lock is not to be had', async () => {
    await world().queueUp(1);
    const { locks } = world().instance();
    let ran = false;
    const outcome = follow(
      locks.withLock('k', { waitTimeout: '1s' }, () => void (ran = true)),
    );
    await world().advance(1_000);
    expect(outcome.error).toMatchObject({ code: 'LOCK_TIMEOUT' });
    expect(ran).toBe(false);
  });

  it('rejects as soon as the lock is lost, though the work goes on', async () => {
    const { locks, network } = world().instance();
    const { run, succeed } = work();
    const outcome = follow(locks.withLock('k', run));
    await world().settle();
    network.cut();
    await world().advance(14_249);
    expect(outcome.state).toBe('pending');
    await world().advance(1);
    expect(outcome.error).toMatchObject({
      code: 'LOCK_LOST',
      reason: 'session',
    });
    succeed('too late');
    await world().settle();
    expect(outcome.state).toBe('rejected');
  });

  it('rejects when the work ends after a loss that nobody has noticed yet', async () => {
    const { locks } = world().instance();
    const { run, succeed } = work();
    const outcome = follow(locks.withLock('k', run));
    await world().settle();
    world().clock.stall(20_000);
    succeed('done');
    await world().settle();
    expect(outcome.error).toMatchObject({ code: 'LOCK_LOST' });
  });

  it('does not begin the work when the process stood still after the lock was granted', async () => {
    const { locks } = world().instance();
    const { clock } = world();
    let begun = false;
    locks.subscribe(({ type }) => {
      if (type === 'acquired') clock.stall(20_000);
    });
    const outcome = follow(locks.withLock('k', () => void (begun = true)));
    await world().settle();
    expect(outcome.error).toMatchObject({ code: 'LOCK_LOST' });
    expect(begun).toBe(false);
  });

  it('does not let a late failure of the work go unhandled', async () => {
    const { locks, traffic } = world().instance();
    const { run, fail } = work();
    const outcome = follow(locks.withLock('k', run));
    await world().settle();
    world().cluster.revokeLease(traffic.leases[0]!);
    await world().advance(5_000);
    expect(outcome.error).toMatchObject({ code: 'LOCK_LOST' });
    fail(new Error('late'));
    await world().settle();
    expect(outcome.error).toMatchObject({ code: 'LOCK_LOST' });
  });

  it('accepts that the work releases the lock itself', async () => {
    const { locks } = world().instance();
    const result = await locks.withLock('k', async (lock) => {
      await lock.release();
      return 'done';
    });
    expect(result).toBe('done');
  });

  it('leaves no listener on the signal', async () => {
    const { locks } = world().instance();
    let listeners = 0;
    await locks.withLock('k', (lock) => {
      const { signal } = lock;
      const add = signal.addEventListener.bind(signal);
      const remove = signal.removeEventListener.bind(signal);
      signal.addEventListener = (...args: Parameters<typeof add>) => {
        listeners += 1;
        add(...args);
      };
      signal.removeEventListener = (...args: Parameters<typeof remove>) => {
        listeners -= 1;
        remove(...args);
      };
    });
    expect(listeners).toBe(0);
  });

  it.each([[[]], [[{}]], [[{}, 'work']], [[undefined]], [['work', () => {}]]])(
    'refuses bad arguments before anything is sent: %o',
    async (rest) => {
      const { locks, traffic } = world().instance();
      const withLock = locks.withLock.bind(locks) as (
        ...args: unknown[]
      ) => Promise<unknown>;
      const error = await world().failure(withLock('k', ...rest));
      expect(error).toMatchObject({ code: 'LOCK_CONFIGURATION' });
      expect(traffic.count()).toBe(0);
    },
  );
});

describe('await using', () => {
  it('releases the lock at the end of its block', async () => {
    const { locks } = world().instance();
    let seen: Lock;
    {
      await using lock = await locks.acquire('k');
      seen = lock;
      expect(lock.held).toBe(true);
    }
    expect(seen.held).toBe(false);
    expect(await world().tickets('k')).toEqual([]);
  });

  it('closes the client at the end of its block', async () => {
    const { locks } = world().instance();
    const scope = async () => {
      await using client = locks;
      await client.acquire('k');
      expect(await world().tickets('k')).toHaveLength(1);
    };
    await world().outcome(scope());
    expect(await world().tickets('k')).toEqual([]);
    const late = world().failure(locks.acquire('k'));
    expect(await late).toMatchObject({ code: 'LOCK_CLOSED' });
  });
});
