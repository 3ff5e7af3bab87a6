import { Injectable } from '@nestjs/common';
import {
  Cron,
  Interval,
  ScheduleModule,
  SchedulerRegistry,
} from '@nestjs/schedule';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import {
  DistributedLock,
  type DistributedLockOptions,
  EtcdLockModule,
  LockService,
} from 'nestjs-etcd-lock';
import { MemoryStore } from 'nestjs-etcd-lock/memory';
import { FaultyStore } from 'nestjs-etcd-lock/testing';
import { contextOf, gate, World } from './support/harness.js';

const MINUTE = 60_000;

/** All instances live in the time of this process; each sees it shifted by its own schedule. */
beforeEach(() => {
  const toFake = ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval'];
  vi.useFakeTimers({ toFake: [...toFake, 'Date', 'performance'] as never });
  vi.setSystemTime('2026-01-01T00:00:30Z');
  return () => vi.useRealTimers();
});

interface Run {
  readonly instance: string;
  readonly minute: number;
}
let runs: Run[] = [];
afterEach(() => {
  runs = [];
});

const note = (instance: string) =>
  runs.push({ instance, minute: new Date().getUTCMinutes() });
const minutes = () => runs.map(({ minute }) => minute);
const instances = () => runs.map(({ instance }) => instance);

type Job = new () => { run(): Promise<unknown> };
type Options = Pick<DistributedLockOptions, 'minHold' | 'sticky'>;

/** A job of every minute, on an instance whose clock is late. */
function cron(instance: string, lateSeconds: number, options: Options): Job {
  @Injectable()
  class Nightly {
    @Cron(`${lateSeconds} * * * * *`, { name: 'job', timeZone: 'UTC' })
    @DistributedLock('job', { onBusy: 'skip', ...options })
    async run(): Promise<void> {
      note(instance);
    }
  }
  return Nightly;
}

function every(ms: number, instance: string, options: Options): Job {
  @Injectable()
  class Often {
    @Interval(ms)
    @DistributedLock('job', { onBusy: 'skip', ...options })
    async run(): Promise<void> {
      note(instance);
    }
  }
  return Often;
}

async function start(world: World, job: Job) {
  const store = new FaultyStore(new MemoryStore({ cluster: world.cluster }));
  const app = await contextOf({
    imports: [
      EtcdLockModule.forRoot({ store, shutdownGrace: '1s' }),
      ScheduleModule.forRoot(),
    ],
    providers: [job],
  });
  return {
    app,
    job: app.get(job),
    locks: app.get(LockService),
    close: () => app.close(),
    /** Its process is gone: it says nothing any more, not even to etcd. */
    async die() {
      store.refuse({ times: Infinity });
      await app.get(SchedulerRegistry).getCronJob('job').stop();
    },
    cutOff: () => store.refuse({ times: Infinity }),
  };
}

describe('a job that is over before other clocks strike', () => {
  it('runs once per tick with minHold, whichever clock is late', async () => {
    const world = new World();
    const options = { minHold: '30s' } as const;
    for (const [index, name] of ['a', 'b', 'c'].entries()) {
      await start(world, cron(name, (index * 2) % 3, options));
    }

    await vi.advanceTimersByTimeAsync(5 * MINUTE);

    expect(minutes()).toEqual([1, 2, 3, 4, 5]);
  });

  it('runs once per interval with minHold, whenever the instances started', async () => {
    const world = new World();
    for (const name of ['a', 'b', 'c']) {
      await start(world, every(1000, name, { minHold: 900 }));
      await vi.advanceTimersByTimeAsync(300);
    }
    const before = runs.length;

    await vi.advanceTimersByTimeAsync(10_000);

    expect(runs.length - before).toBe(10);
  });

  it('runs more often without', async () => {
    const world = new World();
    for (const late of [0, 1, 2]) await start(world, cron('any', late, {}));

    await vi.advanceTimersByTimeAsync(MINUTE);

    expect(minutes()).toEqual([1, 1, 1]);
  });
});

describe('a sticky job', () => {
  const sticky = { sticky: true } as const;
  const threeInstances = async (world: World) => ({
    a: await start(world, cron('a', 1, sticky)),
    b: await start(world, cron('b', 0, sticky)),
    c: await start(world, cron('c', 2, sticky)),
  });

  it('stays with the instance that ran it first', async () => {
    await threeInstances(new World());

    await vi.advanceTimersByTimeAsync(5 * MINUTE);

    expect(minutes()).toEqual([1, 2, 3, 4, 5]);
    expect(instances()).toEqual(['b', 'b', 'b', 'b', 'b']);
  });

  it('goes to another for the next tick when its instance closes', async () => {
    const { b } = await threeInstances(new World());
    await vi.advanceTimersByTimeAsync(2 * MINUTE);

    await b.close();
    await vi.advanceTimersByTimeAsync(2 * MINUTE);

    expect(minutes()).toEqual([1, 2, 3, 4]);
    expect(instances()).toEqual(['b', 'b', 'a', 'a']);
  });

  it('goes to another when its instance dies', async () => {
    const { b } = await threeInstances(new World());
    await vi.advanceTimersByTimeAsync(2 * MINUTE);

    await b.die();
    await vi.advanceTimersByTimeAsync(2 * MINUTE);

    expect(minutes()).toEqual([1, 2, 3, 4]);
    expect(instances()).toEqual(['b', 'b', 'a', 'a']);
  });

  it('is competed for again when the lock was lost', async () => {
    const world = new World();
    const { b } = await threeInstances(world);
    await vi.advanceTimersByTimeAsync(2 * MINUTE);

    const outage = b.cutOff();
    await vi.advanceTimersByTimeAsync(2 * MINUTE);
    outage.lift();
    await vi.advanceTimersByTimeAsync(MINUTE);

    expect(minutes()).toEqual([1, 2, 3, 4, 5]);
    expect(instances()).toEqual(['b', 'b', 'a', 'a', 'a']);
    expect((await world.rival.inspect('job')).waiters).toEqual([]);
  });
});

describe('a sticky lock', () => {
  it('is asked for once, and released when the application closes', async () => {
    const world = new World();
    const one = await start(world, cron('one', 0, { sticky: true }));
    let acquired = 0;
    one.locks.client.subscribe(({ type }) => {
      if (type === 'acquired') acquired += 1;
    });

    for (let run = 0; run < 3; run += 1) await one.job.run();
    expect(acquired).toBe(1);
    expect(await world.isHeld('job')).toBe(true);

    await one.close();
    expect(await world.isHeld('job')).toBe(false);
    await expect(one.job.run()).resolves.toBeUndefined();
    expect(runs).toHaveLength(3);
  });

  it('lets a run that has begun end before the application hands over', async () => {
    const started = gate();
    const { passed, open } = gate();
    @Injectable()
    class Slow {
      @DistributedLock('job', { onBusy: 'skip', sticky: true })
      async run(): Promise<string | undefined> {
        started.open();
        await passed;
        return `held: ${await world.isHeld('job')}`;
      }
    }
    const world = new World();
    const { app, job } = await start(world, Slow);
    const run = job.run();
    await started.passed;
    const next = world.rival.acquire('job');

    const closing = app.close();
    await vi.advanceTimersByTimeAsync(100);
    open();

    await expect(run).resolves.toBe('held: true');
    await closing;
    expect((await next).held).toBe(true);
  });

  it('is kept when a run fails, and lets no two runs overlap', async () => {
    const { passed, open } = gate();
    let outcome: Promise<unknown> = Promise.reject(new Error('of the run'));
    outcome.catch(() => {});
    @Injectable()
    class Job {
      @DistributedLock('job', { onBusy: () => 'busy', sticky: true })
      async run() {
        await outcome;
        return 'ran';
      }
    }
    const world = new World();
    const { job } = await start(world, Job);

    await expect(job.run()).rejects.toThrow('of the run');
    expect(await world.isHeld('job')).toBe(true);

    outcome = passed;
    const run = job.run();
    await expect(job.run()).resolves.toBe('busy');
    open();
    await expect(run).resolves.toBe('ran');
    await expect(job.run()).resolves.toBe('ran');
  });

  it('is not taken again while a run that lost it goes on', async () => {
    const { passed, open } = gate();
    @Injectable()
    class Job {
      @DistributedLock('job', { onBusy: () => 'busy', sticky: true })
      async run() {
        await passed;
        return 'ran';
      }
    }
    const world = new World();
    const { job } = await start(world, Job);
    const lost = expect(job.run()).rejects.toMatchObject({ code: 'LOCK_LOST' });
    await vi.waitFor(async () => expect(await world.isHeld('job')).toBe(true));
    await world.rival.forceRelease('job');
    await vi.advanceTimersByTimeAsync(200);
    await lost;

    await expect(job.run()).resolves.toBe('busy');
    open();
    await vi.advanceTimersByTimeAsync(0);
    await expect(job.run()).resolves.toBe('ran');
  });

  it('is shared by the methods of a key, and entered again by itself', async () => {
    @Injectable()
    class Job {
      @DistributedLock('job', { onBusy: () => -1, sticky: true })
      async run(depth = 0): Promise<number> {
        return depth === 2 ? depth : this.run(depth + 1);
      }

      @DistributedLock('job', { onBusy: () => 'busy', sticky: true })
      async other() {
        return 'other';
      }
    }
    const { job } = await start(new World(), Job);

    await expect(job.run()).resolves.toBe(2);
    await expect((job as unknown as Job).other()).resolves.toBe('other');
  });

  it('does not keep what a caller holds for a while', async () => {
    const world = new World();
    const { job, locks } = await start(world, cron('a', 0, { sticky: true }));

    await locks.withLock('job', () => job.run());
    expect(runs).toHaveLength(1);
    expect(await world.isHeld('job')).toBe(false);

    const { passed, open } = gate();
    await locks.withLock('job', async () => {
      let late: Promise<unknown> | undefined;
      await locks.withLock(
        'job',
        () => void (late = passed.then(() => job.run())),
      );
      open();
      await late;
    });
    expect(await world.isHeld('job')).toBe(false);

    await locks.withLock('another', () => job.run());
    expect(await world.isHeld('job')).toBe(true);
  });

  it.each<[string, string | (() => string), DistributedLockOptions]>([
    ['a key that is one fixed string', () => 'job', { onBusy: 'skip' }],
    ["onBusy: 'skip'", 'job', {}],
    ['waitTimeout: 0', 'job', { onBusy: 'skip', waitTimeout: '1s' }],
    ['no maxHold', 'job', { onBusy: 'skip', maxHold: '1s' }],
    ["the mode 'exclusive'", 'job', { onBusy: 'skip', mode: 'shared' }],
    ["the mode 'exclusive'", 'job', { onBusy: 'skip', permits: 2 }],
  ])('needs %s', async (needed, key, options) => {
    class Job {
      async run() {}
    }
    const run = Object.getOwnPropertyDescriptor(Job.prototype, 'run')!;
    DistributedLock(key, { ...options, sticky: true })(
      Job.prototype,
      'run',
      run as never,
    );
    Object.defineProperty(Job.prototype, 'run', run);
    Injectable()(Job);

    await expect(start(new World(), Job)).rejects.toMatchObject({
      code: 'LOCK_CONFIGURATION',
      message: expect.stringMatching(
        `^@DistributedLock on Job.run: "sticky" needs ${needed}`,
      ),
    });
  });
});
