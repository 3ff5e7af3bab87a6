import { Inject, Injectable } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { describe, expect, it, vi } from 'vitest';
import {
  DistributedLock,
  EtcdLockModule,
  InjectLockService,
  LockService,
} from 'nestjs-etcd-lock';
import { TestLocks } from 'nestjs-etcd-lock/testing';

const endless = () => new Promise<never>(() => {});

/** Whatever is over without time passing is over. */
const fateOf = async (promise: Promise<unknown>) => {
  const pending = Symbol('pending');
  const fate = promise.catch((error: unknown) => error);
  await new Promise(setImmediate);
  const now = await Promise.race([fate, Promise.resolve(pending)]);
  return now === pending ? 'pending' : now;
};

describe('TestLocks', () => {
  it('let a wait last until the time is moved', async () => {
    const locks = new TestLocks();
    const service = locks.service({ waitTimeout: '3s' });
    await locks.holdElsewhere('key');

    const wait = service.acquire('key');
    await locks.advance('2s');
    expect(await fateOf(wait)).toBe('pending');
    await locks.advance('1s');
    expect(await fateOf(wait)).toMatchObject({ code: 'LOCK_TIMEOUT' });
  });

  it('work under the fake timers of a test runner', async () => {
    const locks = new TestLocks();
    const service = locks.service({ waitTimeout: '3s' });
    const toFake = ['setTimeout', 'setImmediate', 'queueMicrotask', 'Date'];
    vi.useFakeTimers({ toFake: toFake as never });
    try {
      expect(await service.withLock('key', () => 'ran')).toBe('ran');
      await locks.holdElsewhere('key');
      const refused = expect(service.acquire('key')).rejects.toMatchObject({
        code: 'LOCK_TIMEOUT',
      });
      await locks.advance('3s');
      await refused;
    } finally {
      vi.useRealTimers();
    }
  });

  it('keep what is held, for as long as time may pass', async () => {
    const locks = new TestLocks();
    const own = await locks.service().acquire('own');
    const other = await locks.holdElsewhere('other');

    await locks.advance('1h');

    expect([own.held, other.held]).toEqual([true, true]);
  });

  it('tell a holder at once that its lock is lost', async () => {
    const locks = new TestLocks();
    const lock = await locks.service().acquire('key');

    await locks.lose('key');

    expect(lock.signal.reason).toMatchObject({
      code: 'LOCK_LOST',
      reason: 'taken',
    });
    await expect(locks.lose('key')).rejects.toThrow('Nobody holds "key".');
  });

  it('count the locks of the applications only, and what is entered again once', async () => {
    const locks = new TestLocks();
    const service = locks.service();

    await (await locks.holdElsewhere('key')).release();
    await service.withLock('key', () => service.withLock('key', () => {}));
    await service.withLock(['key', 'other'], () => {});

    expect(locks.timesTaken('key')).toBe(1);
    expect(locks.timesTaken('key, other')).toBe(1);
  });

  it('fail what is done without the lock, or longer than it', async () => {
    const locks = new TestLocks();
    const service = locks.service();
    const work = locks.heldDuring('key', (value: string) => value);
    const slow = locks.heldDuring('key', () => endless());
    const after = locks.heldDuring('key', async () => locks.lose('key'));

    expect(() => work('a')).toThrow(
      expect.objectContaining({ code: 'LOCK_NOT_HELD' }),
    );
    expect(slow).toThrow('not called under it');
    expect(await service.withLock('key', () => work('a'))).toBe('a');
    let ended: Promise<unknown> | undefined;
    await service.withLock('key', () => (ended = after())).catch(() => {});
    await expect(ended).rejects.toMatchObject({ code: 'LOCK_LOST' });
  });

  it('do not keep an application from closing whose lock is held', async () => {
    @Injectable()
    class Stuck {
      @DistributedLock('stuck')
      async run() {
        await endless();
      }
    }
    const locks = new TestLocks();
    const app = await Test.createTestingModule({
      imports: [locks.module()],
      providers: [Stuck],
    }).compile();
    await app.init();
    const call = expect(app.get(Stuck).run()).rejects.toMatchObject({
      reason: 'shutdown',
    });
    await expect.poll(() => locks.isHeld('stuck')).toBe(true);

    await app.close();
    await call;
    expect(await locks.isHeld('stuck')).toBe(false);
  });

  it('stand in for one named instance each, with the options of the application', async () => {
    @Injectable()
    class Both {
      constructor(
        @Inject(LockService) readonly first: LockService,
        @InjectLockService('second') readonly second: LockService,
      ) {}
    }
    const first = new TestLocks();
    const second = new TestLocks({ name: 'second', clock: first.clock });
    const hosts = 'http://127.0.0.1:1';
    const builder = Test.createTestingModule({
      imports: [
        EtcdLockModule.forRoot({ hosts, waitTimeout: '1s' }),
        EtcdLockModule.forRoot({ hosts, name: 'second' }),
      ],
      providers: [Both],
    });
    const app = await second.override(first.override(builder)).compile();
    const both = app.get(Both);

    await using lock = await both.first.acquire('key');
    await both.second.withLock('key', () => {});
    expect([first, second].map((locks) => locks.timesTaken('key'))).toEqual([
      1, 1,
    ]);

    await second.holdElsewhere('other');
    await first.holdElsewhere('other');
    const waits = [both.first, both.second].map((service) =>
      service.acquire('other'),
    );
    waits[1]!.catch(() => {});
    const refused = expect(waits[0]).rejects.toMatchObject({ waitedMs: 1000 });
    await first.advance('1s');
    await refused;
    expect(await fateOf(waits[1]!)).toBe('pending');
    expect(lock.held).toBe(true);
    await app.close();
  });

  it('name a module that they make', async () => {
    const locks = new TestLocks({ name: 'second' });
    const app = await Test.createTestingModule({
      imports: [new TestLocks().module(), locks.module()],
    }).compile();
    await app.init();
    await app.close();

    expect(locks.events).toEqual([]);
  });
});
