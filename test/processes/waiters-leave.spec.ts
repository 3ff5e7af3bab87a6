import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Lock } from '../../lib/core/index.js';
import { LockWorld } from '../support/lock-world.js';

/** No lease ends here, however busy the machine is. */
const LASTING = { ttl: '30s' } as const;

describe('a waiter that gives up', () => {
  let world: LockWorld;
  beforeAll(async () => {
    world = await LockWorld.start();
  });
  afterEach(() => world.leave());
  afterAll(() => world.stop());

  const shown = async (key: string) => {
    const prefix = world.locks().etcdName(key);
    const keys = await world.etcd.etcdctl(
      'get',
      '--prefix',
      '--keys-only',
      prefix,
    );
    return keys.split('\n').filter(Boolean);
  };

  it('because its time is up has left the queue when it is told', async () => {
    const [holder, waiter] = [world.locks(LASTING), world.locks(LASTING)];
    const lock = await holder.acquire('late');
    const [ticket] = await shown('late');
    const wait = waiter.acquire('late', { waitTimeout: '500ms' });
    wait.catch(() => {});
    await world.queued('late', 2);
    await expect(wait).rejects.toMatchObject({ code: 'LOCK_TIMEOUT' });
    expect(await shown('late')).toEqual([ticket]);
    expect(lock.held).toBe(true);
  });

  it('because it was aborted has left the queue when it is told', async () => {
    const [holder, waiter] = [world.locks(LASTING), world.locks(LASTING)];
    await holder.acquire('aborted');
    const [ticket] = await shown('aborted');
    const controller = new AbortController();
    const { signal } = controller;
    const wait = waiter.acquire('aborted', { signal, waitTimeout: Infinity });
    const told = expect(wait).rejects.toBe('no longer needed');
    await world.queued('aborted', 2);
    controller.abort('no longer needed');
    await told;
    expect(await shown('aborted')).toEqual([ticket]);
  });

  it('in favour of others of its process leaves them its place', async () => {
    const [holder, waiter, later] = [
      world.locks(LASTING),
      world.locks(LASTING),
      world.locks(LASTING),
    ];
    const lock = await holder.acquire('place');
    const controller = new AbortController();
    const given = expect(
      waiter.acquire('place', { signal: controller.signal }),
    ).rejects.toBe('enough');
    const second = waiter.acquire('place');
    const before = await world.queued('place', 2);
    const third = later.acquire('place');
    await world.queued('place', 3);
    controller.abort('enough');
    await given;
    expect((await shown('place')).sort()).toEqual(
      [...before, ...(await world.queued('place', 3)).slice(2)].sort(),
    );
    await lock.release();
    const inherited = await second;
    await inherited.release();
    expect((await third).fencingToken).toBeGreaterThan(inherited.fencingToken);
  });

  it('without waiting has never been in the queue', async () => {
    const [holder, other] = [world.locks(LASTING), world.participant(LASTING)];
    await holder.acquire('busy');
    const before = await world.revision();
    expect(await other.locks.tryAcquire('busy')).toBeNull();
    await expect(
      other.locks.acquire('busy', { waitTimeout: 0 }),
    ).rejects.toMatchObject({ code: 'LOCK_BUSY' });
    expect(await world.revision()).toBe(before);
  });

  it('at the moment of its turn either has the lock or leaves it to the next', async () => {
    const [holder, waiter, next] = [
      world.locks(LASTING),
      world.locks(LASTING),
      world.locks(LASTING),
    ];
    let served = 0;
    for (let round = 0; round < 30; round++) {
      const lock = await holder.acquire('tie');
      const controller = new AbortController();
      const { signal } = controller;
      const wait = waiter
        .acquire('tie', { signal })
        .catch((reason: unknown) => {
          expect(reason).toBe('tie');
        });
      await world.queued('tie', 2);
      const released = lock.release();
      if (round % 3 === 1) await Promise.resolve();
      if (round % 3 === 2) await released;
      controller.abort('tie');
      const won: Lock | void = await wait;
      await released;
      if (won !== undefined) {
        served += 1;
        expect(won.held).toBe(true);
        await won.release();
      }
      await (await next.acquire('tie')).release();
      expect(await world.names('locks/tie/')).toEqual([]);
    }
    // Otherwise it was no tie.
    expect(served).toBeLessThan(30);
  });
});
