import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Lock } from '../../lib/core/index.js';
import { LockWorld } from '../support/lock-world.js';
import { waitUntil, within } from '../support/wait-until.js';

// Neither a keep-alive nor a second look is due while a test runs.
const LONG_TTL = '60s';

describe('a lock that is taken away by hand', () => {
  let world: LockWorld;
  beforeAll(async () => {
    world = await LockWorld.start();
  });
  afterEach(() => world.leave());
  afterAll(() => world.stop());

  const told = ({ signal }: Lock) =>
    within(
      new Promise((resolve) => {
        signal.addEventListener('abort', () => resolve(signal.reason));
        if (signal.aborted) resolve(signal.reason);
      }),
      'the signal to abort',
    );

  const revokeLeaseOf = (ticket: string) =>
    world.etcd.etcdctl('lease', 'revoke', ticket.split('/').at(-1)!);

  const taken = { code: 'LOCK_LOST', reason: 'taken' };

  it('by deleting its ticket: the holder is told at once, and the next one admitted', async () => {
    const holder = world.participant({ ttl: LONG_TTL });
    const lock = await holder.locks.acquire('ticket');
    const turn = world.locks({ ttl: LONG_TTL }).acquire('ticket');
    const [ticket] = await world.queued('ticket', 2);
    // Its own ticket is watched by whoever holds a lock for some time.
    await waitUntil(() => holder.store.watchesCreated > 0);
    await world.etcd.etcdctl('del', ticket!);

    expect(await told(lock)).toMatchObject(taken);
    expect(lock.held).toBe(false);
    expect(holder.events).toContainEqual(
      expect.objectContaining({ type: 'lost', reason: 'taken' }),
    );
    const next = await turn;
    expect(next.fencingToken).toBeGreaterThan(lock.fencingToken);
    await lock.release();
    expect(next.held).toBe(true);
    expect(await world.queued('ticket', 1)).toHaveLength(1);
  });

  it('by revoking its lease: the holder is told before a keep-alive is due', async () => {
    const { locks, store } = world.participant({ ttl: LONG_TTL });
    const lock = await locks.acquire('lease');
    const [ticket] = await world.queued('lease', 1);
    await waitUntil(() => store.watchesCreated > 0);
    await revokeLeaseOf(ticket!);
    expect(await told(lock)).toMatchObject(taken);
    expect(store.count('keepAlive')).toBe(0);
  });

  it('by revoking its lease right away: the holder is told before a keep-alive is due', async () => {
    const { locks, store } = world.participant({ ttl: LONG_TTL });
    const lock = await locks.acquire('young');
    const [ticket] = await world.queued('young', 1);
    await revokeLeaseOf(ticket!);
    expect(await told(lock)).toMatchObject(taken);
    expect(store.count('keepAlive')).toBe(0);
    const again = await locks.acquire('young');
    expect(again.fencingToken).toBeGreaterThan(lock.fencingToken);
  });

  it('while work runs under it: the work is rejected', async () => {
    const { locks } = world.participant({ ttl: LONG_TTL });
    const work = locks.withLock('unnoticed', async () => {
      const [ticket] = await world.queued('unnoticed', 1);
      await world.etcd.etcdctl('del', ticket!);
      return 'done';
    });
    await expect(work).rejects.toMatchObject(taken);
  });

  it('by forceRelease: the holder is told, and only the next one admitted', async () => {
    const holder = world.participant({ ttl: LONG_TTL });
    const lock = await holder.locks.acquire('forced');
    const turn = world.locks({ ttl: LONG_TTL }).acquire('forced');
    await world.queued('forced', 2);
    void world
      .locks({ ttl: LONG_TTL })
      .acquire('forced')
      .catch(() => {});
    await world.queued('forced', 3);
    await waitUntil(() => holder.store.watchesCreated > 0);
    expect(await world.locks().forceRelease('forced')).toBe(1);
    expect(await told(lock)).toMatchObject(taken);
    expect((await turn).held).toBe(true);
    expect(await world.queued('forced', 2)).toHaveLength(2);
  });

  it.each([
    ['ticket', (ticket: string) => world.etcd.etcdctl('del', ticket)],
    ['lease', revokeLeaseOf],
  ])(
    'a waiter whose %s is taken queues again and is served',
    async (what, take) => {
      const key = `waiter ${what}`;
      const lock = await world.locks({ ttl: LONG_TTL }).acquire(key);
      const turn = world.locks({ ttl: LONG_TTL }).acquire(key);
      const [own, first] = await world.queued(key, 2);
      const before = await world.revision();
      await take(first!);
      // Two changes: the ticket is gone, and one was put; a lease of its own changes no key.
      await waitUntil(async () => (await world.revision()) >= before + 2n);
      expect((await world.queued(key, 2))[0]).toBe(own);
      await lock.release();
      const served = await turn;
      expect(served.fencingToken).toBeGreaterThan(lock.fencingToken);
      await served.release();
      expect(await world.names(`locks/${encodeURIComponent(key)}/`)).toEqual(
        [],
      );
    },
  );
});
