import { describe, expect, it } from 'vitest';
import type { AcquireOptions, Lock, LockKey } from '../../../lib/core/index.js';
import {
  currentLock,
  lockInContext,
} from '../../../lib/core/acquire/lock-context.js';
import { follow } from '../support/follow.js';
import { useWorld } from '../support/world.js';

const world = useWorld();

describe('code that holds a lock and asks for it again', () => {
  it('is given a further handle on the same lock, without a word to etcd', async () => {
    const { locks, traffic } = world().instance();
    await locks.withLock('k', async (outer) => {
      const before = traffic.count();
      await locks.withLock('k', async (inner) => {
        expect(inner).not.toBe(outer);
        expect(inner.fencingToken).toBe(outer.fencingToken);
      });
      const taken = await locks.acquire('k');
      const tried = await locks.tryAcquire('k');
      expect([taken.held, tried?.held]).toEqual([true, true]);
      expect(traffic.count()).toBe(before);
      await taken.release();
      await tried!.release();
      expect(outer.held).toBe(true);
    });
    expect(await world().tickets('k')).toEqual([]);
  });

  it('holds it until the last of its handles is released', async () => {
    const { locks } = world().instance();
    let inner: Lock | undefined;
    await locks.withLock('k', async () => {
      inner = await locks.acquire('k');
    });
    expect(inner!.held).toBe(true);
    expect(await locks.tryAcquire('k')).toBeNull();
    await inner!.release();
    expect(inner!.held).toBe(false);
    expect(await world().tickets('k')).toEqual([]);
  });

  it('releases each handle once, however often it says so', async () => {
    const { locks } = world().instance();
    await locks.withLock('k', async (outer) => {
      const inner = await locks.acquire('k');
      await Promise.all([inner.release(), inner.release(), inner.release()]);
      expect(inner.held).toBe(false);
      expect(outer.held).toBe(true);
    });
  });

  it('may do so in parallel', async () => {
    const { locks } = world().instance();
    await locks.withLock('k', (outer) =>
      Promise.all(
        [1, 2, 3].map(() =>
          locks.withLock('k', async (inner) => {
            await Promise.resolve();
            expect(inner.fencingToken).toBe(outer.fencingToken);
          }),
        ),
      ),
    );
    expect(await world().tickets('k')).toEqual([]);
  });

  it('learns on every handle that the lock is lost', async () => {
    const { locks, traffic } = world().instance();
    let inner: Lock | undefined;
    const outcome = follow(
      locks.withLock('k', async () => {
        inner = await locks.acquire('k');
        await new Promise(() => {});
      }),
    );
    await world().settle();
    world().cluster.revokeLease(traffic.leases[0]!);
    await world().advance(5_000);
    expect(outcome.error).toMatchObject({ code: 'LOCK_LOST' });
    expect(inner!.held).toBe(false);
    expect(inner!.signal.aborted).toBe(true);
    await inner!.release();
  });

  it('may go on doing so while the client is draining', async () => {
    const { locks } = world().instance();
    await locks.withLock('k', async () => {
      locks.drain();
      await expect(locks.acquire('other')).rejects.toMatchObject({
        code: 'LOCK_CLOSED',
      });
      await locks.withLock('k', (lock) => expect(lock.held).toBe(true));
    });
  });
});

describe('what is re-entrant, and what could only wait for itself', () => {
  it.each<[string, AcquireOptions, AcquireOptions]>([
    ['shared inside exclusive', {}, { mode: 'shared' }],
    ['permits inside exclusive', {}, { permits: 3 }],
    ['shared inside shared', { mode: 'shared' }, { mode: 'shared' }],
    ['permits inside equal permits', { permits: 2 }, { permits: 2 }],
    ['other terms of no weight', {}, { ttl: '5s', metadata: { a: 1 } }],
  ])('%s: is re-entrant', async (_, outer, inner) => {
    const { locks, traffic } = world().instance();
    await locks.withLock('k', outer, async () => {
      const before = traffic.count();
      await locks.withLock('k', inner, (lock) => expect(lock.held).toBe(true));
      expect(traffic.count()).toBe(before);
    });
  });

  it.each<[string, AcquireOptions, AcquireOptions, LockKey]>([
    ['exclusive inside shared', { mode: 'shared' }, {}, 'k'],
    ['exclusive inside permits', { permits: 3 }, {}, 'k'],
    ['permits inside shared', { mode: 'shared' }, { permits: 3 }, 'k'],
    ['shared inside permits', { permits: 3 }, { mode: 'shared' }, 'k'],
    ['permits inside other permits', { permits: 3 }, { permits: 2 }, 'k'],
    ['the key together with another', {}, {}, ['k', 'l']],
    ['another together with the key', {}, {}, ['l', 'k']],
  ])('%s: is an error at once', async (_, outer, inner, key) => {
    const { locks, traffic } = world().instance();
    await locks.withLock('k', outer, async () => {
      const before = traffic.count();
      for (const asking of [
        locks.acquire(key, inner),
        locks.tryAcquire(key, inner),
      ]) {
        await expect(asking).rejects.toMatchObject({ code: 'LOCK_CONFLICT' });
      }
      expect(traffic.count()).toBe(before);
    });
  });

  it('a part of several keys that are held together: is re-entrant', async () => {
    const { locks } = world().instance();
    await locks.withLock(['a', 'b'], async (outer) => {
      for (const key of ['a', ['b', 'a'], ['b']]) {
        const inner = await locks.acquire(key);
        expect(inner.fencingToken).toBe(outer.fencingToken);
        await inner.release();
      }
    });
  });

  it('an outer lock is found behind an inner one', async () => {
    const { locks } = world().instance();
    await locks.withLock('a', (a) =>
      locks.withLock('b', async () => {
        const again = await locks.acquire('a');
        expect(again.fencingToken).toBe(a.fencingToken);
        await again.release();
      }),
    );
  });

  it('a lock that was acquired outside withLock is not the running code’s', async () => {
    const { locks } = world().instance();
    await locks.acquire('k');
    expect(await locks.tryAcquire('k')).toBeNull();
  });

  it('another client is another matter, though the key is the same', async () => {
    const { locks } = world().instance();
    const other = world().instance({ namespace: 'other/' });
    const same = world().instance();
    await locks.withLock('k', async () => {
      const lock = await other.locks.acquire('k');
      expect(lock.held).toBe(true);
      expect(await same.locks.tryAcquire('k')).toBeNull();
      await lock.release();
    });
  });
});

describe('work that outlives the lock it was started under', () => {
  it('does not pass for its holder: it queues like anybody else', async () => {
    const { locks } = world().instance();
    let proceed = () => {};
    const started = new Promise<void>((resolve) => (proceed = resolve));
    let late: Promise<Lock | null> | undefined;
    await locks.withLock('k', () => {
      late = started.then(() => locks.tryAcquire('k'));
    });
    await world().queueUp(1);
    proceed();
    expect(await late).toBeNull();
  });

  it('sees no current lock', async () => {
    const { locks } = world().instance();
    let proceed = () => {};
    const started = new Promise<void>((resolve) => (proceed = resolve));
    let seen: unknown[] = [];
    let late: Promise<void> | undefined;
    await locks.withLock('k', (lock) => {
      expect(currentLock()).toBe(lock);
      late = started.then(() => {
        seen = [currentLock(), lockInContext('k')?.held];
      });
    });
    proceed();
    await late;
    expect(seen).toEqual([undefined, false]);
  });
});

describe('the context', () => {
  it('names the innermost lock that is held, and the one on a key', async () => {
    const { locks } = world().instance();
    expect(currentLock()).toBeUndefined();
    await locks.withLock(['a', 'b'], (outer) =>
      locks.withLock('c', async (inner) => {
        expect(currentLock()).toBe(inner);
        expect(lockInContext('b')).toBe(outer);
        expect(lockInContext('c')).toBe(inner);
        expect(lockInContext('d')).toBeUndefined();
        await inner.release();
        expect(currentLock()).toBe(outer);
      }),
    );
    expect(currentLock()).toBeUndefined();
  });

  it('is not shared by calls that run side by side', async () => {
    const { locks } = world().instance();
    await Promise.all(
      ['a', 'b', 'c'].map((key) =>
        locks.withLock(key, async (lock) => {
          await new Promise((resolve) => setImmediate(resolve));
          expect(currentLock()).toBe(lock);
        }),
      ),
    );
  });
});
