import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { LockWorld, type Participant } from '../support/lock-world.js';
import { waitUntil } from '../support/wait-until.js';

// Long enough that nothing which happens now and then falls into a test.
const TTL = '90s';

describe('a queue of separate clients', () => {
  let world: LockWorld;
  beforeAll(async () => {
    world = await LockWorld.start();
  });
  afterEach(() => world.leave());
  afterAll(() => world.stop());

  /** One client holds, the others wait; each holder counts as one hand-over when it releases. */
  async function queueOf(waiting: number, key: string) {
    const all = Array.from({ length: waiting + 1 }, () =>
      world.participant({ ttl: TTL, waitTimeout: '1m' }),
    );
    const turns = [];
    for (const [place, { locks }] of all.entries()) {
      const turn = locks.acquire(key);
      // Whoever still waits at the end of a test is told that its client was closed.
      turn.catch(() => {});
      turns.push(turn);
      await world.queued(key, place + 1);
    }
    // The holder, who did not have to wait, begins to watch its own ticket after a second.
    await waitUntil(() => all[0]!.store.watchesCreated > 0);
    await settled(all);
    return { all, turns };
  }

  const requestsOf = (all: readonly Participant[]) =>
    all.flatMap(({ store }) => store.calls);
  const newsTo = (all: readonly Participant[]) =>
    all.reduce((sum, { store }) => sum + store.deliveries, 0);

  /** Resolves when nobody waits for an answer, and nobody has heard or asked for anything lately. */
  async function settled(all: readonly Participant[]): Promise<void> {
    for (let before = -1, now = 0; now !== before;) {
      await waitUntil(() => all.every(({ store }) => !store.waiting));
      before = requestsOf(all).length + newsTo(all);
      await pause(300);
      now = requestsOf(all).length + newsTo(all);
    }
  }

  it('asks etcd nothing while nothing happens', async () => {
    const { all } = await queueOf(12, 'idle');
    const before = requestsOf(all).length;
    await pause(1_500);
    expect(requestsOf(all).slice(before)).toEqual([]);
    expect(newsTo(all)).toBe(0);
  });

  async function costOfOneRelease(waiting: number) {
    const { all, turns } = await queueOf(waiting, `release ${waiting}`);
    const requests = requestsOf(all).length;
    await (await turns[0]!).release();
    await turns[1];
    await settled(all);
    return { requests: requestsOf(all).length - requests, news: newsTo(all) };
  }

  it('costs the same for a release, however many wait', async () => {
    const short = await costOfOneRelease(12);
    const long = await costOfOneRelease(24);
    expect(long).toEqual(short);
    // The release is the only request; a few at the front of the queue hear of it.
    expect(short.requests).toBe(1);
    expect(short.news).toBeLessThan(10);
  });

  it('drains with a few requests for each hand-over', async () => {
    const waiting = 24;
    const { all, turns } = await queueOf(waiting, 'drain');
    const requests = requestsOf(all).length;
    for (const turn of turns) await (await turn).release();
    const handOvers = turns.length;
    expect(requestsOf(all).length - requests).toBeLessThan(3 * handOvers);
    // Those who left listen for a moment longer: at most those that were at the front.
    expect(newsTo(all)).toBeLessThan(10 * handOvers);
  });
});
