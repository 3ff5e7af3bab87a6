import {
  type CanActivate,
  Controller,
  Get,
  Injectable,
  UseGuards,
} from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import { Interval, ScheduleModule } from '@nestjs/schedule';
import { describe, expect, it, vi } from 'vitest';
import {
  CurrentLock,
  DistributedLock,
  EtcdLockModule,
  type Lock,
  LockContext,
  LockService,
} from 'nestjs-etcd-lock';
import {
  LeaderElection,
  LeaderElectionModule,
  OnlyLeader,
} from 'nestjs-etcd-lock/election/nest';
import { MemoryStore } from 'nestjs-etcd-lock/memory';
import { FaultyStore, TestLocks } from 'nestjs-etcd-lock/testing';
import { contextOf, gate, listen, World } from '../nest/support/harness.js';
import { waitUntil } from '../support/wait-until.js';

const KEY = 'election:job';

@Injectable()
class Job {
  runs = 0;

  @OnlyLeader('job')
  async run(): Promise<string | undefined> {
    this.runs += 1;
    return 'ran';
  }
}

type Class = new (...args: never[]) => object;

async function start(world: World, ...providers: Class[]) {
  const app = await contextOf({
    imports: [
      world.lockModule({ shutdownGrace: '10s' }),
      LeaderElectionModule.forRoot(),
    ],
    providers,
  });
  return {
    app,
    election: app.get(LeaderElection),
    locks: app.get(LockService),
  };
}

const leads = (election: LeaderElection, name = 'job') =>
  waitUntil(() => election.isLeading(name), { what: `to lead ${name}` });

/** A job whose runs the test ends. */
function slowJob() {
  const started = gate();
  const { passed, open } = gate();
  @Injectable()
  class Slow {
    runs = 0;
    @OnlyLeader('job')
    async run(): Promise<string | undefined> {
      this.runs += 1;
      if (this.runs > 1) return 'ran again';
      started.open();
      await passed;
      LockContext.assertHeld(KEY);
      return 'ran under its lock';
    }
  }
  return { Slow, started: started.passed, open };
}

describe('@OnlyLeader', () => {
  it('runs the method in the instance that leads, and asks nobody for it', async () => {
    const world = new World();
    const one = await start(world, Job);
    await leads(one.election);
    const other = await start(world, Job);
    await waitUntil(
      async () => (await world.rival.inspect(KEY)).waiters.length === 1,
    );
    const events: unknown[] = [];
    for (const { locks } of [one, other])
      locks.client.subscribe((event) => events.push(event));

    for (let tick = 0; tick < 3; tick += 1) {
      expect(await one.app.get(Job).run()).toBe('ran');
      expect(await other.app.get(Job).run()).toBeUndefined();
    }

    expect(one.app.get(Job).runs).toBe(3);
    expect(other.app.get(Job).runs).toBe(0);
    expect(events).toEqual([]);
  });

  it('has one candidate for all methods of an election', async () => {
    @Injectable()
    class Others {
      @OnlyLeader('job')
      async tidy(): Promise<string | undefined> {
        return 'tidied';
      }
      @OnlyLeader('other')
      async other(): Promise<void> {}
    }
    const world = new World();
    const { app, election } = await start(world, Job, Others);
    await leads(election);
    await leads(election, 'other');

    expect(await app.get(Others).tidy()).toBe('tidied');
    expect(await app.get(Job).run()).toBe('ran');
    const { holders, waiters } = await world.rival.inspect(KEY);
    expect([holders.length, waiters.length]).toEqual([1, 0]);
  });

  it('runs its method as code that holds the lock of the leadership', async () => {
    @Injectable()
    class Fenced {
      @OnlyLeader('job')
      async run(_: string, @CurrentLock() lock?: Lock): Promise<unknown> {
        LockContext.assertHeld(KEY);
        return [lock!.fencingToken, LockContext.current()?.fencingToken];
      }
    }
    const world = new World();
    const { app, election } = await start(world, Fenced);
    await leads(election);
    const [leader] = (await world.rival.inspect(KEY)).holders;
    const token = leader!.createRevision;
    expect(await app.get(Fenced).run('argument')).toEqual([token, token]);
  });

  it('does not take the leadership for over when a run gives its lock back', async () => {
    @Injectable()
    class Careless {
      @OnlyLeader('job')
      async run(@CurrentLock() lock?: Lock): Promise<boolean | undefined> {
        await lock!.release();
        return LockContext.current() === undefined;
      }
    }
    const world = new World();
    const { app, election } = await start(world, Careless);
    await leads(election);
    expect(await app.get(Careless).run()).toBe(true);
    expect(await app.get(Careless).run()).toBe(true);
    expect(election.isLeading('job')).toBe(true);
  });

  it('passes on what the method throws, and goes on to lead', async () => {
    @Injectable()
    class Failing {
      @OnlyLeader('job')
      async run(): Promise<void> {
        throw new Error('of the method');
      }
    }
    const { app, election } = await start(new World(), Failing);
    await leads(election);
    await expect(app.get(Failing).run()).rejects.toThrow('of the method');
    expect(election.isLeading('job')).toBe(true);
  });

  it('has a class that Nest builds later campaign from its first call on', async () => {
    const { app, election } = await start(new World());
    const job = await app.get(ModuleRef).create(Job);
    expect(await job.run()).toBeUndefined();
    await leads(election);
    expect(await job.run()).toBe('ran');
  });

  it('campaigns on its own account, whoever calls first', async () => {
    const world = new World();
    const { app, election, locks } = await start(world);
    const job = await app.get(ModuleRef).create(Job);
    await locks.withLock(KEY, async () => {
      expect(await job.run()).toBeUndefined();
      await waitUntil(
        async () => (await world.rival.inspect(KEY)).holders.length === 1,
      );
      expect(election.isLeading('job')).toBe(false);
    });
    await leads(election);
  });

  it('holds its elections on the etcd of the module that is named', async () => {
    const world = new World();
    const app = await contextOf({
      imports: [
        EtcdLockModule.forRoot({ store: 'memory' }),
        world.lockModule({ name: 'second' }),
        LeaderElectionModule.forRoot({ name: 'second' }),
      ],
      providers: [Job],
    });
    await leads(app.get(LeaderElection));
    expect(await world.isHeld(KEY)).toBe(true);
  });
});

describe('a leadership that is lost', () => {
  it('rejects the run, and the next run is that of the next leader', async () => {
    const { Slow, started, open } = slowJob();
    const world = new World();
    const one = await start(world, Slow);
    await leads(one.election);
    const other = await start(world, Job);
    await waitUntil(
      async () => (await world.rival.inspect(KEY)).waiters.length === 1,
    );
    const run = one.app.get(Slow).run();
    const lost = expect(run).rejects.toMatchObject({ code: 'LOCK_LOST' });
    await started;

    await world.rival.forceRelease(KEY);
    await lost;
    await leads(other.election);
    expect(await one.app.get(Slow).run()).toBeUndefined();
    expect(await other.app.get(Job).run()).toBe('ran');
    open();
  });

  it('is not campaigned for while a run that lost it goes on', async () => {
    const { Slow, started, open } = slowJob();
    const world = new World();
    const { app, election, locks } = await start(world, Slow);
    await leads(election);
    const run = app.get(Slow).run();
    const lost = expect(run).rejects.toMatchObject({ code: 'LOCK_LOST' });
    await started;
    await world.rival.forceRelease(KEY);
    await lost;

    const between = await locks.acquire(KEY);
    expect((await world.rival.inspect(KEY)).waiters).toEqual([]);
    expect(await app.get(Slow).run()).toBeUndefined();
    await between.release();
    open();
    await leads(election);
    expect(await app.get(Slow).run()).toBe('ran again');
  });
});

describe('the shutdown', () => {
  it('hands over when the runs have ended', async () => {
    const { Slow, started, open } = slowJob();
    const world = new World();
    const { app, election } = await start(world, Slow);
    await leads(election);
    const slow = app.get(Slow);
    const run = slow.run();
    await started;
    const order: string[] = [];
    const next = world.rival.acquire(KEY).then(() => order.push('next leads'));
    await waitUntil(
      async () => (await world.rival.inspect(KEY)).waiters.length === 1,
    );

    const closing = app.close();
    await waitUntil(async () => (await slow.run()) === undefined);
    order.push('no more runs');
    open();
    expect(await run).toBe('ran under its lock');
    await Promise.all([closing, next]);
    expect(order).toEqual(['no more runs', 'next leads']);
  });

  it('leaves nothing behind of a candidate that did not lead', async () => {
    const world = new World();
    const leader = await world.rival.acquire(KEY);
    const { app } = await start(world, Job);
    const queue = () => world.rival.inspect(KEY);
    await waitUntil(async () => (await queue()).waiters.length === 1);
    await app.close();
    expect((await queue()).waiters).toEqual([]);
    expect(await app.get(Job).run()).toBeUndefined();
    await leader.release();
  });
});

describe('TestLocks', () => {
  it('have an application lead as soon as promises allow, and lose it when told', async () => {
    const locks = new TestLocks();
    const app = await contextOf({
      imports: [locks.module(), LeaderElectionModule.forRoot()],
      providers: [Job],
    });
    await locks.advance(0);
    expect(await app.get(Job).run()).toBe('ran');
    const other = locks.holdElsewhere(KEY);
    await locks.lose(KEY);
    await other;
    expect(await app.get(Job).run()).toBeUndefined();
  });
});

describe('an instance that was paused', () => {
  it('runs nothing before it has noticed', async () => {
    const locks = new TestLocks();
    const app = await contextOf({
      imports: [locks.module(), LeaderElectionModule.forRoot()],
      providers: [Job],
    });
    await locks.advance(0);
    // No timer fires meanwhile: only the clocks tell.
    locks.clock.stall(15_000);
    expect(await app.get(Job).run()).toBeUndefined();
  });
});

describe('an etcd that is away', () => {
  it('keeps nobody from starting, and has nobody lead', async () => {
    const world = new World();
    const store = new FaultyStore(new MemoryStore({ cluster: world.cluster }));
    const outage = store.refuse({ times: Infinity });
    const app = await contextOf({
      imports: [
        EtcdLockModule.forRoot({ store, shutdownGrace: 0 }),
        LeaderElectionModule.forRoot(),
      ],
      providers: [Job],
    });
    expect(await app.get(Job).run()).toBeUndefined();
    outage.lift();
    await leads(app.get(LeaderElection));
    expect(await app.get(Job).run()).toBe('ran');
  });
});

describe('the order of decorators', () => {
  @Injectable()
  class Denied implements CanActivate {
    canActivate(): boolean {
      return false;
    }
  }
  let ran: string[] = [];
  @Controller()
  class Routes {
    @Get('above')
    @UseGuards(Denied)
    @OnlyLeader('job')
    async above(): Promise<void> {
      ran.push('above');
    }
    @OnlyLeader('job')
    @UseGuards(Denied)
    @Get('below')
    async below(): Promise<void> {
      ran.push('below');
    }
    @Get('between')
    @OnlyLeader('job')
    @UseGuards(Denied)
    async between(): Promise<void> {
      ran.push('between');
    }
    @DistributedLock('k')
    @OnlyLeader('job')
    @UseGuards(Denied)
    @Get('outside')
    async outside(): Promise<void> {
      ran.push('outside');
    }
  }

  it.each(['above', 'below', 'between', 'outside'])(
    'keeps a guard a guard: %s',
    async (path) => {
      const { app, url } = await listen({
        imports: [new World().module, LeaderElectionModule.forRoot()],
        controllers: [Routes],
      });
      ran = [];
      await leads(app.get(LeaderElection));
      expect((await fetch(`${url}/${path}`)).status).toBe(403);
      expect(ran).toEqual([]);
    },
  );

  it('keeps a schedule a schedule', async () => {
    const above = gate();
    const below = gate();
    @Injectable()
    class Scheduled {
      @Interval(5)
      @OnlyLeader('job')
      async above(): Promise<void> {
        above.open();
      }
      @OnlyLeader('job')
      @Interval(5)
      async below(): Promise<void> {
        below.open();
      }
    }
    const world = new World();
    await contextOf({
      imports: [
        world.module,
        LeaderElectionModule.forRoot(),
        ScheduleModule.forRoot(),
      ],
      providers: [Scheduled],
    });
    await Promise.all([above.passed, below.passed]);
  });

  it('is told apart from the lock of a method that has both', async () => {
    @Injectable()
    class Both {
      @DistributedLock('k')
      @OnlyLeader('job')
      async lockOutside(): Promise<unknown> {
        LockContext.assertHeld('k');
        return LockContext.current()?.key;
      }
      @OnlyLeader('job')
      @DistributedLock('k')
      async lockInside(): Promise<unknown> {
        LockContext.assertHeld(KEY);
        return LockContext.current()?.key;
      }
    }
    const { app, election } = await start(new World(), Both);
    await leads(election);
    expect(await app.get(Both).lockOutside()).toBe(KEY);
    expect(await app.get(Both).lockInside()).toBe('k');
  });

  it('keeps the name and the length of the method', () => {
    expect(Job.prototype.run.name).toBe('run');
    expect(Job.prototype.run).toHaveLength(0);
  });
});

describe('failing closed', () => {
  it('refuses to start without the module', async () => {
    await expect(
      contextOf({ imports: [new World().module], providers: [Job] }),
    ).rejects.toThrow(/import LeaderElectionModule\.forRoot/);
  });

  it('refuses to start without the locks', async () => {
    await expect(
      contextOf({ imports: [LeaderElectionModule.forRoot()] }),
    ).rejects.toThrow(/import EtcdLockModule\.forRoot/);
  });

  it('refuses to start with two of the module', async () => {
    const world = new World();
    await expect(
      contextOf({
        imports: [
          world.module,
          LeaderElectionModule.forRoot(),
          world.lockModule({ name: 'second' }),
          LeaderElectionModule.forRoot({ name: 'second' }),
        ],
      }),
    ).rejects.toMatchObject({ code: 'LOCK_CONFIGURATION' });
  });

  it('does not run on an instance made with new', async () => {
    const job = new Job();
    await expect(job.run()).rejects.toMatchObject({
      code: 'LOCK_CONFIGURATION',
      message: expect.stringMatching(/^Job\.run was not run/),
    });
    const { run } = job;
    await expect(run()).rejects.toMatchObject({ code: 'LOCK_CONFIGURATION' });
    expect(job.runs).toBe(0);
  });

  it('refuses to start with an instance that Nest did not build', async () => {
    const world = new World();
    await expect(
      contextOf({
        imports: [world.module, LeaderElectionModule.forRoot()],
        providers: [{ provide: Job, useValue: new Job() }],
      }),
    ).rejects.toThrow(/^Job\.run can never run/);
    expect(await world.isHeld(KEY)).toBe(false);
  });

  const onRun = (name: string) =>
    OnlyLeader(name)(Job.prototype, 'run', { value: vi.fn<() => any>() });

  it.each<[string, () => unknown]>([
    ['an empty name', () => onRun('')],
    ['no name', () => onRun(undefined as never)],
    ['a long name', () => onRun('x'.repeat(2_000))],
    [
      'an unknown option of the module',
      () => LeaderElectionModule.forRoot({ nam: 'second' } as never),
    ],
    [
      'a static method',
      () => OnlyLeader('job')(Job, 'run', { value: vi.fn() } as never),
    ],
    [
      'an accessor',
      () =>
        OnlyLeader('job')(Job.prototype, 'run', {
          get: () => vi.fn(),
        } as never),
    ],
  ])('refuses %s when the class is defined', (_, decorate) => {
    expect(decorate).toThrow(
      expect.objectContaining({ code: 'LOCK_CONFIGURATION' }),
    );
  });
});
