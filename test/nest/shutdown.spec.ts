import {
  Controller,
  Get,
  Inject,
  Injectable,
  Logger,
  type OnModuleDestroy,
} from '@nestjs/common';
import { Cron, ScheduleModule, SchedulerRegistry } from '@nestjs/schedule';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import {
  CurrentLock,
  DistributedLock,
  EtcdLockModule,
  type Lock,
  LockService,
} from 'nestjs-etcd-lock';
import { prefixRange } from 'nestjs-etcd-lock/core';
import { MemoryCluster, MemoryStore } from 'nestjs-etcd-lock/memory';
import { FaultyStore } from 'nestjs-etcd-lock/testing';
import { adapters, contextOf, gate, listen, World } from './support/harness.js';

async function working(shutdownGrace: number) {
  const entered = gate();
  const { passed, open } = gate();
  const events: string[] = [];
  @Injectable()
  class Job {
    @DistributedLock('job')
    async run(@CurrentLock() lock?: Lock) {
      entered.open();
      await passed;
      events.push(`done, held: ${lock!.held}`);
      return 'done';
    }

    @DistributedLock('other', { waitTimeout: '1m' })
    async wait() {
      events.push('never');
    }
  }
  const world = new World({ shutdownGrace });
  const app = await contextOf({ imports: [world.module], providers: [Job] });
  const call = app.get(Job).run();
  call.catch(() => {});
  await entered.passed;
  return { world, app, job: app.get(Job), call, open, events };
}

describe('an application that closes', () => {
  it('waits for its holders and then releases, at once', async () => {
    const { world, app, call, open, events } = await working(60_000);
    const next = world.rival.acquire('job');

    const closing = app.close();
    await expect.poll(() => events).toEqual([]);
    open();
    await closing;

    await expect(call).resolves.toBe('done');
    expect(events).toEqual(['done, held: true']);
    expect((await next).held).toBe(true);
  });

  it('takes the locks from holders that exceed the grace', async () => {
    const { world, app, call, open } = await working(20);
    const next = world.rival.acquire('job');

    await app.close();

    await expect(call).rejects.toMatchObject({
      code: 'LOCK_LOST',
      reason: 'shutdown',
    });
    expect((await next).held).toBe(true);
    open();
  });

  it('refuses waiters and new calls from the beginning', async () => {
    const { world, app, job, open, events } = await working(60_000);
    await using other = await world.rival.acquire('other');
    const waiting = job.wait();

    const closing = app.close();

    expect(other.held).toBe(true);
    await expect(waiting).rejects.toMatchObject({ code: 'LOCK_CLOSED' });
    await expect(app.get(LockService).acquire('new')).rejects.toMatchObject({
      code: 'LOCK_CLOSED',
    });
    open();
    await closing;
    expect(events).not.toContain('never');
    expect((await world.rival.inspect('other')).waiters).toEqual([]);
  });

  it.each(['before etcd was asked', 'before etcd answered'])(
    'lets nobody in whose lock was asked for %s',
    async (when) => {
      const ran = vi.fn();
      @Injectable()
      class Job {
        @DistributedLock('job')
        async run() {
          ran();
        }
      }
      const cluster = new MemoryCluster();
      const store = new FaultyStore(new MemoryStore({ cluster }));
      const app = await contextOf({
        imports: [EtcdLockModule.forRoot({ store, shutdownGrace: 0 })],
        providers: [Job],
      });
      const target = { on: 'transact' } as const;
      const fault =
        when === 'before etcd answered'
          ? store.holdReplies(target)
          : store.holdRequests(target);
      const call = app.get(Job).run();
      const refused = expect(call).rejects.toMatchObject({
        code: 'LOCK_CLOSED',
      });
      await expect.poll(() => fault.hits).toBe(1);

      const closing = app.close();
      setImmediate(() => fault.lift());
      await refused;
      await closing;

      expect(ran).not.toHaveBeenCalled();
      const key = 'locks/';
      const { keys } = cluster.read({
        kind: 'range',
        range: prefixRange(key),
      });
      expect(keys).toEqual([]);
    },
  );

  it('skips what would be skipped, and answers requests that it is closing', async () => {
    const error = vi.spyOn(Logger.prototype, 'error');
    onTestFinished(() => error.mockRestore());
    @Controller()
    class Jobs {
      @Get()
      @Cron('0 0 1 1 *', { name: 'job' })
      @DistributedLock('job', { onBusy: 'skip' })
      async run(): Promise<string | undefined> {
        return 'ran';
      }
    }
    const { app, url } = await listen({
      imports: [new World().module, ScheduleModule.forRoot()],
      controllers: [Jobs],
    });
    app.get(LockService).client.drain();

    await expect(app.get(Jobs).run()).resolves.toBeUndefined();
    await app.get(SchedulerRegistry).getCronJob('job').fireOnTick();
    expect((await fetch(url)).status).toBe(503);
    expect(error).not.toHaveBeenCalled();
  });

  it('may be closed twice', async () => {
    const { app, open } = await working(60_000);
    open();

    await Promise.all([app.close(), app.close()]);
    await expect(app.close()).resolves.toBeUndefined();
  });

  it('can be closed before it was started', async () => {
    const { Test } = await import('@nestjs/testing');
    const module = await Test.createTestingModule({
      imports: [new World().module],
    }).compile();

    await expect(module.close()).resolves.toBeUndefined();
  });

  it('lets what depends on it release in its own hook', async () => {
    const failures: unknown[] = [];
    @Injectable()
    class Leader implements OnModuleDestroy {
      lock: Lock | undefined;

      constructor(@Inject(LockService) private readonly locks: LockService) {}

      async start() {
        this.lock = await this.locks.acquire('leader');
      }

      async onModuleDestroy() {
        await this.lock?.release().catch((error) => failures.push(error));
      }
    }
    const world = new World({ shutdownGrace: 60_000 });
    const app = await contextOf({
      imports: [world.module],
      providers: [Leader],
    });
    await app.get(Leader).start();

    await app.close();

    expect(failures).toEqual([]);
    expect(await world.isHeld('leader')).toBe(false);
  });

  it('sets no signal handlers and does not end the process', async () => {
    const signals = ['SIGTERM', 'SIGINT'] as const;
    const before = signals.map((signal) => process.listenerCount(signal));
    const exit = vi.spyOn(process, 'exit');
    onTestFinished(() => exit.mockRestore());

    const app = await contextOf({ imports: [new World().module] });
    expect(signals.map((signal) => process.listenerCount(signal))).toEqual(
      before,
    );
    await app.close();

    expect(exit).not.toHaveBeenCalled();
  });

  it('logs nothing as an error or a warning', async () => {
    const error = vi.spyOn(Logger.prototype, 'error');
    const warn = vi.spyOn(Logger.prototype, 'warn');
    onTestFinished(() => [error, warn].forEach((spy) => spy.mockRestore()));
    const { app, call, open } = await working(5);

    await app.close();
    await expect(call).rejects.toMatchObject({ code: 'LOCK_LOST' });
    open();

    expect(error).not.toHaveBeenCalled();
    expect(warn).not.toHaveBeenCalled();
  });

  it.each(adapters)('answers requests that run, on %s', async (adapter) => {
    const entered = gate();
    const { passed, open } = gate();
    @Controller()
    class Slow {
      @Get()
      @DistributedLock('slow')
      async run() {
        entered.open();
        await passed;
        return 'done';
      }
    }
    const world = new World({ shutdownGrace: 60_000 });
    const { app, url } = await listen(
      { imports: [world.module], controllers: [Slow] },
      adapter,
    );
    const answer = fetch(url);
    await entered.passed;

    const closing = app.close();
    setTimeout(open, 5);

    expect(await (await answer).text()).toBe('done');
    await closing;
    expect(await world.isHeld('slow')).toBe(false);
  });
});
