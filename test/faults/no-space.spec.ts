import { afterAll, beforeAll, expect, it } from 'vitest';
import { LockWorld } from '../support/lock-world.js';

let world: LockWorld;
beforeAll(async () => {
  world = await LockWorld.start({
    args: [`--quota-backend-bytes=${4 * 1024 * 1024}`],
  });
});
afterAll(() => world.stop());

it('an etcd without space lets holders hold and release, and says so to who asks', async () => {
  const { etcdctl } = world.etcd;
  const holder = world.participant({ ttl: '3s' });
  const lock = await holder.locks.acquire('kept');
  const other = world.locks({ ttl: '3s' });
  await (await other.acquire('elsewhere')).release();

  const filler = 'x'.repeat(100_000);
  await expect(
    (async () => {
      for (let i = 0; i < 100; i++) await etcdctl('put', `filler/${i}`, filler);
    })(),
  ).rejects.toThrow(/space exceeded/);
  expect(await etcdctl('alarm', 'list')).toMatch(/NOSPACE/);

  const waitTimeout = 1_500;
  const since = performance.now();
  await expect(
    other.acquire('elsewhere', { waitTimeout }),
  ).rejects.toMatchObject({ code: 'LOCK_STORE' });
  expect(performance.now() - since).toBeLessThan(waitTimeout * 2);
  await expect(other.tryAcquire('elsewhere')).rejects.toThrow(/space exceeded/);
  expect(lock.held).toBe(true);
  await lock.release();
  expect(await world.names('locks/kept/')).toEqual([]);

  await etcdctl('del', '--prefix', 'filler/');
  await etcdctl('compaction', `${await world.revision()}`);
  await etcdctl('defrag');
  await etcdctl('alarm', 'disarm');
  for (const { locks } of [holder, world.participant()]) {
    const again = await locks.acquire('kept');
    expect(again.fencingToken).toBeGreaterThan(lock.fencingToken);
    await again.release();
  }
  await (await other.acquire('elsewhere')).release();
  expect(await world.names('locks/elsewhere/')).toEqual([]);
});
