import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { LockWorld } from '../support/lock-world.js';

// Nothing is looked at again before a wait times out: every hand-over has to be heard of.
const TTL = 60_000;

describe('waiters of several processes', () => {
  let world: LockWorld;
  beforeAll(async () => {
    world = await LockWorld.start();
  });
  afterEach(() => world.leave());
  afterAll(() => world.stop());

  /** Each waiter joins when etcd has seen the one before it, and gives the lock back at once. */
  async function serve(
    key: string,
    waiters: readonly (() => Promise<{
      token: bigint;
      release(): Promise<void>;
    }>)[],
  ) {
    const first = await world.locks({ ttl: TTL }).acquire(key);
    const served: number[] = [];
    const waits: Promise<bigint>[] = [];
    for (const [place, waiter] of waiters.entries()) {
      const wait = waiter().then(async (held) => {
        served.push(place);
        await held.release();
        return held.token;
      });
      waits.push(wait);
      await world.queued(key, place + 2);
    }
    expect(served).toEqual([]);
    await first.release();
    return {
      served,
      tokens: [first.fencingToken, ...(await Promise.all(waits))],
    };
  }

  const places = (count: number) =>
    Array.from({ length: count }, (_, at) => at);

  const isGrowing = (tokens: readonly bigint[]) =>
    tokens.every((one, at) => at === 0 || one > tokens[at - 1]!);

  it('are served in the order in which etcd saw them', async () => {
    const workers = await world.workersOf(3, { ttl: TTL });
    // Three other processes, and more clients of this one; each has a place of its own.
    const turns = [2, 'own', 0, 'own', 'own', 1, 'own', 'own'] as const;
    const { served, tokens } = await serve(
      'counter',
      turns.map((turn) => async () => {
        const options = { waitTimeout: 30_000 };
        if (turn === 'own') {
          const lock = await world
            .locks({ ttl: TTL })
            .acquire('counter', options);
          return { token: lock.fencingToken, release: () => lock.release() };
        }
        const { id, token } = await workers[turn]!.acquire('counter', options);
        return { token, release: () => workers[turn]!.release(id) };
      }),
    );
    expect(served).toEqual(places(turns.length));
    expect(isGrowing(tokens)).toBe(true);
  });

  it('are served in that order whether they share or not', async () => {
    const modes = ['exclusive', 'shared', 'exclusive', 'shared'] as const;
    const { served, tokens } = await serve(
      'page',
      modes.map((mode) => async () => {
        const lock = await world.locks({ ttl: TTL }).acquire('page', { mode });
        return { token: lock.fencingToken, release: () => lock.release() };
      }),
    );
    expect(served).toEqual(places(modes.length));
    expect(isGrowing(tokens)).toBe(true);
  });

  it('are not overtaken by callers of the process that holds the lock', async () => {
    const [one, other] = [world.locks({ ttl: TTL }), world.locks({ ttl: TTL })];
    const served: string[] = [];
    const first = await one.acquire('turns');
    const own = one.acquire('turns').then(async (lock) => {
      served.push('own');
      await lock.release();
    });
    const foreign = other.acquire('turns').then(async (lock) => {
      served.push('foreign');
      await lock.release();
    });
    await world.queued('turns', 2);
    await first.release();
    await Promise.all([own, foreign]);
    expect(served).toEqual(['foreign', 'own']);
  });

  it('close ranks when one of them gives up', async () => {
    const giveUp = new AbortController();
    const first = await world.locks({ ttl: TTL }).acquire('ranks');
    const second = world
      .locks({ ttl: TTL })
      .acquire('ranks', { signal: giveUp.signal });
    const given = expect(second).rejects.toBe('enough');
    await world.queued('ranks', 2);
    const third = world.locks({ ttl: TTL }).acquire('ranks');
    await world.queued('ranks', 3);
    giveUp.abort('enough');
    await given;
    expect(await world.queued('ranks', 2)).toHaveLength(2);
    await first.release();
    await (await third).release();
  });
});
