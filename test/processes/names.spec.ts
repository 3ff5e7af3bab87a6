import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { LockWorld } from '../support/lock-world.js';

describe('keys that look alike', () => {
  let world: LockWorld;
  beforeAll(async () => {
    world = await LockWorld.start();
  });
  afterEach(() => world.leave());
  afterAll(() => world.stop());

  it('do not touch each other when one begins with the other', async () => {
    const [one, other] = [world.locks(), world.locks()];
    const outer = await one.acquire('a');
    const inner = await other.tryAcquire('a/b');
    expect(inner).not.toBeNull();
    await outer.release();
    const outerAgain = await one.tryAcquire('a');
    expect(outerAgain).not.toBeNull();
    expect(inner!.held).toBe(true);
    expect(await one.tryAcquire('a/b')).toBeNull();
  });

  it('are locks of their own, and each excludes only itself', async () => {
    const keys = [
      'a',
      'a/',
      'a//',
      'a/b',
      'a%2Fb',
      'a%252Fb',
      '%',
      '.',
      '..',
      '../a',
      'A',
      ' a',
      'a b',
      'a+b',
      '*',
      '\0',
      'ä',
      // The same letter to the eye, written with two code points.
      'a\u0308',
      '日本',
      '🔒',
      '@fence',
    ];
    const [one, other] = [world.locks(), world.locks()];
    const held = new Map(
      await Promise.all(
        keys.map(async (key) => [key, await one.acquire(key)] as const),
      ),
    );
    for (const key of keys) {
      expect(await other.tryAcquire(key), JSON.stringify(key)).toBeNull();
      expect(await world.names(one.etcdName(key))).toHaveLength(1);
    }
    const listed = (await other.list()).map((state) => state.key);
    expect(new Set(listed)).toEqual(new Set(keys));
    for (const key of keys) {
      await held.get(key)!.release();
      const freed = await other.tryAcquire(key);
      expect(freed, JSON.stringify(key)).not.toBeNull();
      await freed!.release();
    }
  });

  it('are different locks in different namespaces', async () => {
    const one = world.locks({ namespace: 'shop/a' });
    await one.acquire('x');
    for (const namespace of ['shop/b', 'shop/ab', 'a', 'locks']) {
      const other = world.locks({ namespace });
      expect(await other.tryAcquire('x'), namespace).not.toBeNull();
    }
    const same = world.locks({ namespace: 'shop/a/' });
    expect(await same.tryAcquire('x')).toBeNull();
  });
});
