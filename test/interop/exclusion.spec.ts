import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { LockWorld } from '../support/lock-world.js';
import { PAIRS, sceneOf } from './support/scene.js';

let world: LockWorld;
beforeAll(async () => {
  world = await LockWorld.start();
});
afterEach(() => world.leave());
afterAll(() => world.stop());

describe.each(PAIRS)('$title and we', (pair) => {
  it('wait while they hold, and are next', async (context) => {
    const scene = sceneOf(world, pair, context);
    const first = scene.theirs();
    await first.holds();
    const before = await world.revision();
    expect(await scene.client().tryAcquire(scene.key)).toBeNull();
    let entered = false;
    const turn = scene.ours().finally(() => (entered = true));
    await scene.queued(2);
    await scene.trips();
    expect(entered).toBe(false);
    await first.release();
    const held = await turn;
    expect(held.token).toBeGreaterThan(before);
    await held.leave();
  });

  it('have them wait while we hold, and be next', async (context) => {
    const scene = sceneOf(world, pair, context);
    const held = await scene.ours();
    const next = scene.theirs();
    await scene.queued(2);
    await scene.trips();
    expect(next.held).toBe(false);
    await held.leave();
    await next.holds();
    expect(await scene.client().tryAcquire(scene.key)).toBeNull();
    await next.release();
  });

  it('are served with them in the order in which etcd saw all', async (context) => {
    const scene = sceneOf(world, pair, context);
    const first = await scene.ours();
    const served: number[] = [];
    const turns: Promise<void>[] = [];
    const oursAt = async (place: number) => {
      const held = await scene.ours();
      served.push(place);
      await held.leave();
    };
    const theirsAt = async (place: number) => {
      const program = scene.theirs();
      await program.holds(60_000);
      served.push(place);
      await program.release();
    };
    for (const [place, come] of [
      theirsAt,
      oursAt,
      theirsAt,
      oursAt,
      theirsAt,
    ].entries()) {
      turns.push(come(place));
      await scene.queued(place + 2);
    }
    expect(served).toEqual([]);
    await first.leave();
    await Promise.all(turns);
    expect(served).toEqual([0, 1, 2, 3, 4]);
  });

  it('are never inside at one time, however many come and go', async (context) => {
    const scene = sceneOf(world, pair, context);
    let inside = 0;
    let most = 0;
    let visits = 0;
    const visit = async (leave: () => Promise<void>) => {
      most = Math.max(most, ++inside);
      visits++;
      await world.revision();
      inside--;
      await leave();
    };
    const ofOurs = async () => visit((await scene.ours()).leave);
    const ofTheirs = async () => {
      const program = scene.theirs();
      await program.holds(60_000);
      await visit(() => program.release());
    };
    const again = async (rounds: number, come: () => Promise<void>) => {
      for (let round = 0; round < rounds; round++) await come();
    };
    await Promise.all([
      again(4, ofOurs),
      again(4, ofOurs),
      again(3, ofTheirs),
      again(3, ofTheirs),
    ]);
    expect({ most, visits }).toEqual({ most: 1, visits: 14 });
  });
});
