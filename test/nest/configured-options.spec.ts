import { Injectable, Logger, Module } from '@nestjs/common';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import {
  DistributedLock,
  EtcdLockModule,
  type EtcdLockModuleOptions,
  type Lock,
  LockContext,
  LockService,
} from 'nestjs-etcd-lock';
import { contextOf, gate, World } from './support/harness.js';

/** As a configuration hands it out. */
const text = (value: string): string => value;

describe('durations from a configuration', () => {
  it.each([
    ['30', 30],
    [' 30 ', 30],
    ['30ms', 30],
    ['0', 0],
  ])('%j is %s ms', async (waitTimeout, ms) => {
    const world = new World({ waitTimeout: text(waitTimeout) });
    const app = await contextOf({ imports: [world.module] });
    await using lock = await world.rival.acquire('k');

    expect(lock.held).toBe(true);
    await expect(app.get(LockService).acquire('k')).rejects.toMatchObject(
      ms === 0
        ? { code: 'LOCK_BUSY' }
        : {
            code: 'LOCK_TIMEOUT',
            waitedMs: expect.toSatisfy(
              (waited: number) => waited >= ms - 1 && waited < ms + 5_000,
            ),
          },
    );
  });

  it.each<[Partial<EtcdLockModuleOptions>, RegExp]>([
    [{ ttl: text('15 seconds') }, /"ttl" .*got '15 seconds'/],
    [{ ttl: text('1500') }, /"ttl" must be at least 2 s/],
    [{ waitTimeout: text('') }, /"waitTimeout" .*got ''/],
    [{ waitTimeout: text('-5') }, /"waitTimeout" .*got '-5'/],
    [{ shutdownGrace: text('soon') }, /"shutdownGrace" .*got 'soon'/],
    [{ shutdownGrace: text('5') }, /^$/],
  ])('%j is checked at start', async (options, message) => {
    const start = contextOf({ imports: [new World(options).module] });

    if (message.source === '^$') await start;
    else await expect(start).rejects.toThrow(message);
  });

  it('may come from a factory that gives strings', async () => {
    const config = { ttl: text('20s'), shutdownGrace: text('0') };
    const app = await contextOf({
      imports: [
        EtcdLockModule.forRootAsync({
          useFactory: () => ({ store: 'memory' as const, ...config }),
        }),
      ],
    });
    await app.get(LockService).acquire('k');

    expect(app.get(LockService).client.sessions()).toEqual([
      expect.objectContaining({ ttlMs: 20_000 }),
    ]);
  });
});

@Injectable()
class Job {
  readonly seen: (Lock | undefined)[] = [];
  readonly bothIn = gate();

  @DistributedLock('job', { waitTimeout: 0 })
  async run() {
    this.seen.push(LockContext.current());
    if (this.seen.length === 2) this.bothIn.open();
    await this.bothIn.passed;
    return 'ran';
  }
}

describe('enabled: false', () => {
  async function off(options: Partial<EtcdLockModuleOptions> = {}) {
    const warn = vi.spyOn(Logger.prototype, 'warn');
    onTestFinished(() => warn.mockRestore());
    const module = EtcdLockModule.forRoot({
      hosts: 'http://127.0.0.1:1',
      failFast: true,
      enabled: false,
      ...options,
    });
    const app = await contextOf({ imports: [module], providers: [Job] });
    const locks = app.get(LockService);
    return { app, locks, warnings: warn.mock.calls.map(String) };
  }

  it('gives everybody every lock at once, and asks no etcd', async () => {
    const { app, locks } = await off();
    const job = app.get(Job);

    await expect(Promise.all([job.run(), job.run()])).resolves.toEqual([
      'ran',
      'ran',
    ]);
    expect(job.seen.map((lock) => lock?.key)).toEqual(['job', 'job']);

    await using one = await locks.acquire(['a', 'b']);
    await using two = await locks.tryAcquire('a');
    await using three = await locks.acquire('a', { permits: 1 });
    expect([one.held, two?.held, three.held]).toEqual([true, true, true]);
    await expect(
      locks.withLock('a', () =>
        locks.withLock('a', { mode: 'shared' }, () => 'in both'),
      ),
    ).resolves.toBe('in both');
  });

  it('is said loudly at start', async () => {
    const { warnings } = await off();

    expect(warnings).toEqual([expect.stringContaining('THE LOCKS ARE OFF')]);
  });

  it('is refused in production, unless that is meant', async () => {
    vi.stubEnv('NODE_ENV', 'production');
    onTestFinished(() => void vi.unstubAllEnvs());

    await expect(off()).rejects.toThrow(
      /"enabled" is false though NODE_ENV is production.*"allowDisabledInProduction"/,
    );
    const { locks } = await off({ allowDisabledInProduction: true });
    await expect(locks.withLock('a', () => 'ran')).resolves.toBe('ran');
  });

  it('is for one module of several', async () => {
    @Module({})
    class Empty {}
    const world = new World();
    const named = world.lockModule({ name: 'off', enabled: false });
    const app = await contextOf({ imports: [world.module, named, Empty] });
    await using lock = await app.get(LockService).acquire('k');

    expect(lock.held).toBe(true);
    await expect(app.get(LockService).tryAcquire('k')).resolves.toBeNull();
  });
});
