import { getEventListeners } from 'node:events';
import { describe, expect, it } from 'vitest';
import type { Clock } from '../../../lib/core/index.js';
import { follow } from '../support/follow.js';
import { useWorld } from '../support/world.js';

const world = useWorld();

const listenersOn = (signal: AbortSignal) =>
  getEventListeners(signal, 'abort').length;

describe('the signal of a caller', () => {
  it('is listened to only while the caller waits', async () => {
    const [holder] = await world().queueUp(1);
    const { locks } = world().instance();
    const { signal } = new AbortController();
    const waiting = follow(locks.acquire('k', { signal }));
    const late = follow(locks.acquire('k', { signal, waitTimeout: '1s' }));
    await world().settle();
    expect(listenersOn(signal)).toBe(1);
    await world().advance(1_000);
    expect(late.state).toBe('rejected');
    expect(listenersOn(signal)).toBe(1);
    await holder!.lock.release();
    await world().settle();
    expect(waiting.value?.held).toBe(true);
    expect(listenersOn(signal)).toBe(0);
  });

  it('ends the waits of all who share it', async () => {
    await world().queueUp(1);
    const { locks } = world().instance();
    const abort = new AbortController();
    const { signal } = abort;
    const waiting = Array.from({ length: 12 }, (_, index) =>
      follow(locks.acquire(index % 2 === 0 ? 'k' : ['k', 'l'], { signal })),
    );
    await world().settle();
    expect(listenersOn(signal)).toBe(1);
    abort.abort();
    await world().settle();
    expect(waiting.every(({ error }) => error === signal.reason)).toBe(true);
    expect(listenersOn(signal)).toBe(0);
  });

  it('is listened to no longer when the answer is an error', async () => {
    await world().queueUp(1);
    const { locks, network } = world().instance();
    const { signal } = new AbortController();
    const asking = [
      locks.acquire('k', { signal, waitTimeout: 0 }),
      locks.acquire('k', { signal, permits: 0 }),
    ].map((each) => follow(each));
    await world().settle();
    network.refuse({ times: Infinity });
    asking.push(follow(locks.acquire('l', { signal, waitTimeout: '1s' })));
    await world().advance(1_000);
    locks.drain();
    asking.push(follow(locks.acquire('m', { signal })));
    await world().settle();
    expect(asking.map(({ state }) => state)).toEqual(
      asking.map(() => 'rejected'),
    );
    expect(listenersOn(signal)).toBe(0);
  });

  it('aborts every wait it was given to, and no other', async () => {
    await world().queueUp(1, ['a', 'b']);
    const { locks } = world().instance();
    const abort = new AbortController();
    const { signal } = abort;
    const mine = ['a', 'a', 'b'].map((key) =>
      follow(locks.acquire(key, { signal })),
    );
    const other = follow(locks.acquire('a', { waitTimeout: Infinity }));
    await world().settle();
    abort.abort('enough');
    await world().settle();
    expect(mine.map(({ error }) => error)).toEqual([
      'enough',
      'enough',
      'enough',
    ]);
    expect(other.state).toBe('pending');
  });
});

describe('the timers of a client', () => {
  /** A clock that tells how many of its timers keep the process alive. */
  function counting(clock: Clock) {
    let keeping = 0;
    return {
      get keeping() {
        return keeping;
      },
      now: () => clock.now(),
      setTimer(
        ms: number,
        fire: () => void,
        options?: { keepAlive?: boolean },
      ) {
        const weight = options?.keepAlive ? 1 : 0;
        let set = true;
        const unset = () => {
          if (set) keeping -= weight;
          set = false;
        };
        keeping += weight;
        const cancel = clock.setTimer(ms, () => {
          unset();
          fire();
        });
        return () => {
          unset();
          cancel();
        };
      },
    };
  }

  it('keep the process alive for those who wait and those who hold, and for nobody else', async () => {
    const [holder] = await world().queueUp(1);
    const clock = counting(world().clock);
    const { locks } = world().instance({ clock });
    const call = follow(locks.acquire('k'));
    await world().settle();
    expect(clock.keeping).toBe(1);
    await holder!.lock.release();
    await world().advance(5_000);
    expect(clock.keeping).toBe(1);
    const released = call.value!.release();
    expect(clock.keeping).toBeGreaterThan(0);
    await released;
    await world().settle();
    expect(clock.keeping).toBe(0);
    expect(await locks.tryAcquire('other')).not.toBeNull();
    expect(clock.keeping).toBe(1);
  });

  it('keep it alive once for many holders, and not at all for locks that are only kept', async () => {
    const clock = counting(world().clock);
    const { locks } = world().instance({ clock });
    const held = [];
    for (const key of ['a', 'b', 'c'])
      held.push(await world().outcome(locks.acquire(key, { keep: '30s' })));
    await world().settle();
    expect(clock.keeping).toBe(1);
    for (const lock of held) await lock.release();
    await world().settle();
    expect(locks.keptCount).toBe(3);
    expect(clock.keeping).toBe(0);
  });
});
