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
    const turns = [2, 0, 1, 1, 2, 0, 0, 2, 1, 0, 1, 2];
    const { served, tokens } = await serve(
      'counter',
      turns.map((index) => async () => {
        const worker = workers[index]!;
        // A lease of its own also means a place of its own for every caller of a process.
        const options = { dedicatedLease: true, waitTimeout: 30_000 };
        const { id, token } = await worker.acquire('counter', options);
        return { token, release: () => worker.release(id) };
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
