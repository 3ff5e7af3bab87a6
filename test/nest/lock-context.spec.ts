import { Injectable } from '@nestjs/common';
import { describe, expect, it } from 'vitest';
import { DistributedLock, LockContext, LockService } from 'nestjs-etcd-lock';
import { contextOf, gate, loseAll, World } from './support/harness.js';

async function setUp() {
  const { passed, open } = gate();
  let detached: Promise<string | undefined> = Promise.resolve(undefined);
  @Injectable()
  class Job {
    @DistributedLock('job')
    async run<T>(work: () => T): Promise<T> {
      return work();
    }

    @DistributedLock((key: string) => key)
    async under<T>(_key: string, work: () => T): Promise<T> {
      return work();
    }

    @DistributedLock('job')
    async detach() {
      detached = passed.then(() => LockContext.current()?.key);
    }
  }
  const world = new World();
  const app = await contextOf({ imports: [world.module], providers: [Job] });
  return {
    world,
    job: app.get(Job),
    locks: app.get(LockService),
    open,
    detached: () => detached,
    lose: () => loseAll(app),
  };
}

function caught(action: () => void): unknown {
  try {
    action();
    return undefined;
  } catch (error) {
    return error;
  }
}

describe('LockContext', () => {
  it('knows no lock outside of locked code', async () => {
    await setUp();

    expect(LockContext.current()).toBeUndefined();
    expect(() => LockContext.assertHeld('job')).toThrow(
      expect.objectContaining({ code: 'LOCK_NOT_HELD', key: 'job' }),
    );
  });

  it('follows await, Promise.all, timers and callbacks', async () => {
    const { job } = await setUp();

    const keys = await job.run(async () => {
      await Promise.resolve();
      const after = LockContext.current()?.key;
      const all = await Promise.all([
        Promise.resolve().then(() => LockContext.current()?.key),
        new Promise((resolve) =>
          setTimeout(() => resolve(LockContext.current()?.key), 1),
        ),
        new Promise((resolve) =>
          setImmediate(() => resolve(LockContext.current()?.key)),
        ),
      ]);
      return [after, ...all];
    });

    expect(keys).toEqual(['job', 'job', 'job', 'job']);
  });

  it('keeps concurrent calls apart', async () => {
    const { job } = await setUp();
    const current = async () => {
      await new Promise(setImmediate);
      return LockContext.current()?.key;
    };

    expect(
      await Promise.all(['a', 'b', 'c'].map((key) => job.under(key, current))),
    ).toEqual(['a', 'b', 'c']);
  });

  it('knows the innermost lock, and outer ones by key', async () => {
    const { job, locks } = await setUp();

    await job.under('outer', async () => {
      await locks.withLock('inner', () => {
        expect(LockContext.current()?.key).toBe('inner');
        LockContext.assertHeld('outer');
        LockContext.assertHeld('inner');
      });
      expect(LockContext.current()?.key).toBe('outer');
      expect(() => LockContext.assertHeld('inner')).toThrow(/not called under/);
    });
  });

  it('tells work that outlives the lock that it is not held', async () => {
    const { job, open, detached } = await setUp();

    await job.detach();
    open();

    expect(await detached()).toBeUndefined();
  });

  it('tells of a lock that was lost', async () => {
    const { job, lose } = await setUp();
    const seen = gate<unknown>();

    const call = job.run(async () => {
      await lose();
      seen.open(caught(() => LockContext.assertHeld('job')));
    });

    await expect(call).rejects.toMatchObject({ code: 'LOCK_LOST' });
    expect(await seen.passed).toMatchObject({ code: 'LOCK_LOST' });
  });

  it('makes a shared lock asked for exclusively a conflict', async () => {
    const { locks } = await setUp();

    await expect(
      locks.withLock('key', { mode: 'shared' }, () =>
        locks.withLock('key', () => 'never'),
      ),
    ).rejects.toMatchObject({ code: 'LOCK_CONFLICT' });
  });
});
