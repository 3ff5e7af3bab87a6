import { filter, map } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { type LockEvent, LockService } from 'nestjs-etcd-lock';
import { contextOf, gate, World } from './support/harness.js';

async function service(world = new World()) {
  const app = await contextOf({ imports: [world.module] });
  return { world, locks: app.get(LockService) };
}

describe('LockService', () => {
  it('acquires, tries and releases', async () => {
    const { world, locks } = await service();

    const lock = await locks.acquire('a');
    expect(await world.rival.tryAcquire('a')).toBeNull();
    await lock.release();

    const rivals = await world.rival.acquire('a');
    expect(await locks.tryAcquire('a')).toBeNull();
    await rivals.release();
    await using again = await locks.tryAcquire('a');
    expect(again?.held).toBe(true);
  });

  it('runs work under a lock, with and without options', async () => {
    const { locks } = await service();

    await expect(locks.withLock('a', async (lock) => lock.held)).resolves.toBe(
      true,
    );
    await expect(
      locks.withLock('a', { metadata: { why: 'test' } }, async () => {
        const { holders } = await locks.inspect('a');
        return holders[0]?.metadata;
      }),
    ).resolves.toEqual({ why: 'test' });
  });

  it('is closed by await using, and gives back what it held', async () => {
    const { world, locks } = await service();
    {
      await using scoped = locks;
      await scoped.acquire('a');
      expect(await world.rival.tryAcquire('a')).toBeNull();
    }
    await using rivals = await world.rival.tryAcquire('a');
    expect(rivals?.held).toBe(true);
    await expect(locks.acquire('b')).rejects.toMatchObject({
      code: 'LOCK_CLOSED',
    });
  });

  it('shows, lists and takes away locks', async () => {
    const { world, locks } = await service();
    await using lock = await world.rival.acquire('a');

    expect((await locks.inspect('a')).holders).toHaveLength(1);
    expect((await locks.list()).map(({ key }) => key)).toEqual(['a']);
    expect(await locks.forceRelease('a')).toBe(1);
    expect(await world.isHeld('a')).toBe(false);
    expect(lock.key).toBe('a');
  });

  it('tells the name of a key in etcd', async () => {
    const { locks } = await service();

    expect(locks.etcdName('order:42')).toBe('locks/order%3A42/');
  });

  it('tells its events', async () => {
    const { locks } = await service();
    const seen: string[] = [];
    const subscription = locks.events$
      .pipe(
        filter((event) => 'key' in event),
        map((event) => `${event.type} ${event.key}`),
      )
      .subscribe((text) => seen.push(text));

    await locks.withLock('a', () => {});
    subscription.unsubscribe();
    await locks.withLock('b', () => {});

    expect(seen).toEqual(['requested a', 'acquired a', 'released a']);
  });

  const broken = () => {
    throw new Error('broken subscriber');
  };
  const rejecting = async () => broken();
  it.each([
    ['a function', (locks: LockService) => locks.events$.subscribe(broken)],
    [
      'an async function',
      (locks: LockService) => locks.events$.subscribe(rejecting as () => void),
    ],
    [
      'an observer',
      (locks: LockService) => locks.events$.subscribe({ next: broken }),
    ],
    [
      'an asynchronous function',
      (locks: LockService) =>
        // What people write, though RxJS awaits nothing.
        // oxlint-disable-next-line typescript/no-misused-promises
        locks.events$.subscribe(async () => broken()),
    ],
    [
      'a function behind operators',
      (locks: LockService) =>
        locks.events$.pipe(filter(() => true)).subscribe(broken),
    ],
    [
      'an operator without an error handler behind it',
      (locks: LockService) => locks.events$.pipe(map(broken)).subscribe(),
    ],
  ])('is not harmed by %s that fails', async (_kind, subscribe) => {
    const { locks } = await service();
    const uncaught: unknown[] = [];
    const trap = (error: unknown) => uncaught.push(error);
    process.prependListener('uncaughtException', trap);
    process.prependListener('unhandledRejection', trap);
    const seen: LockEvent['type'][] = [];
    subscribe(locks);
    locks.events$.subscribe(({ type }) => seen.push(type));

    await locks.withLock('a', () => {});
    const { passed, open } = gate();
    setTimeout(open, 5);
    await passed;
    process.removeListener('uncaughtException', trap);
    process.removeListener('unhandledRejection', trap);

    expect(uncaught).toEqual([]);
    expect(seen).toContain('released');
  });
});
