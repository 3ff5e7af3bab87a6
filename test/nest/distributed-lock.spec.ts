import { Inject, Injectable, Res, Scope, SetMetadata } from '@nestjs/common';
import { ContextIdFactory } from '@nestjs/core';
import { Test } from '@nestjs/testing';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import {
  CurrentLock,
  DistributedLock,
  getLockServiceToken,
  type Lock,
  LockConfigurationError,
  LockService,
  LockTimeoutError,
} from 'nestjs-etcd-lock';
import { ManualClock, TestLocks } from 'nestjs-etcd-lock/testing';
import { contextOf, gate, tally, World } from './support/harness.js';

describe('a locked method of a provider', () => {
  it('runs one call at a time and returns what the method returns', async () => {
    let running = 0;
    let most = 0;
    @Injectable()
    class Counter {
      @DistributedLock('counter')
      async next(value: number) {
        most = Math.max(most, (running += 1));
        await new Promise(setImmediate);
        running -= 1;
        return value + 1;
      }
    }
    const world = new World();
    const [one, two] = await Promise.all([
      contextOf({ imports: [world.lockModule()], providers: [Counter] }),
      contextOf({ imports: [world.lockModule()], providers: [Counter] }),
    ]);

    const results = await Promise.all(
      [1, 2, 3].flatMap((value) => [
        one.get(Counter).next(value),
        two.get(Counter).next(value),
      ]),
    );

    expect(results).toEqual([2, 2, 3, 3, 4, 4]);
    expect(most).toBe(1);
  });

  it('makes its key from the arguments', async () => {
    @Injectable()
    class Orders {
      @DistributedLock((id: string) => `order:${id}`, { waitTimeout: 0 })
      async pay(id: string) {
        return id;
      }

      @DistributedLock((a: string, b: string) => [a, b], { waitTimeout: 0 })
      async move(a: string, b: string) {
        return [a, b];
      }
    }
    const world = new World();
    const app = await contextOf({
      imports: [world.module],
      providers: [Orders],
    });
    await using lock = await world.rival.acquire('order:1');

    expect(lock.held).toBe(true);
    await expect(app.get(Orders).pay('2')).resolves.toBe('2');
    await expect(app.get(Orders).pay('1')).rejects.toThrow(/"order:1"/);
    await expect(app.get(Orders).move('x', 'order:1')).rejects.toMatchObject({
      code: 'LOCK_BUSY',
      key: 'x, order:1',
    });
  });

  it('is locked when the class itself calls it', async () => {
    @Injectable()
    class Job {
      async outer() {
        return this.inner();
      }

      @DistributedLock('inner')
      async inner() {
        return world.isHeld('inner');
      }
    }
    const world = new World();
    const app = await contextOf({ imports: [world.module], providers: [Job] });

    await expect(app.get(Job).outer()).resolves.toBe(true);
  });

  it('may call itself and others under the same key', async () => {
    @Injectable()
    class Tree {
      @DistributedLock('tree', { waitTimeout: 0 })
      async depth(levels: number): Promise<number> {
        return levels === 0 ? 0 : 1 + (await this.depth(levels - 1));
      }
    }
    const world = new World();
    const app = await contextOf({ imports: [world.module], providers: [Tree] });
    const seen = tally(app.get(LockService).client);

    await expect(app.get(Tree).depth(3)).resolves.toBe(3);

    expect(seen.count('acquired')).toBe(1);
    expect(await world.isHeld('tree')).toBe(false);
  });

  it('runs, when it is synchronous at run time, after it has its lock', async () => {
    @Injectable()
    class Plain {
      @DistributedLock('plain')
      now(): Promise<string> {
        return 'now' as never;
      }
    }
    const app = await contextOf({
      imports: [new World().module],
      providers: [Plain],
    });

    await expect(app.get(Plain).now()).resolves.toBe('now');
  });

  it.each([
    ['rejects', async () => Promise.reject(failure)],
    [
      'throws',
      () => {
        throw failure;
      },
    ],
  ])('passes on what a method %s, and releases', async (_how, body) => {
    @Injectable()
    class Job {
      @DistributedLock('job')
      async run() {
        return body();
      }
    }
    const world = new World();
    const app = await contextOf({ imports: [world.module], providers: [Job] });

    await expect(app.get(Job).run()).rejects.toBe(failure);
    expect(await world.isHeld('job')).toBe(false);
  });

  it('passes on what a method throws also when the release finds nothing', async () => {
    @Injectable()
    class Job {
      @DistributedLock('job')
      async run() {
        await world.rival.forceRelease('job');
        throw failure;
      }
    }
    const world = new World();
    const app = await contextOf({ imports: [world.module], providers: [Job] });

    await expect(app.get(Job).run()).rejects.toBe(failure);
  });

  it('has released the lock when the call settles', async () => {
    @Injectable()
    class Job {
      @DistributedLock('job')
      async run() {}
    }
    const world = new World();
    const app = await contextOf({ imports: [world.module], providers: [Job] });

    await app.get(Job).run();

    expect(await world.isHeld('job')).toBe(false);
  });

  it('is handed its lock where it asks for it', async () => {
    @Injectable()
    class Job {
      @DistributedLock((id: string) => id)
      async run(id: string, @CurrentLock() lock?: Lock) {
        return `${id} ${lock?.key} ${lock?.held}`;
      }
    }
    const app = await contextOf({
      imports: [new World().module],
      providers: [Job],
    });

    await expect(app.get(Job).run('a')).resolves.toBe('a a true');
  });

  it('takes the defaults of its class', async () => {
    @Injectable()
    @DistributedLock({ waitTimeout: 0, mode: 'shared' })
    class Job {
      @DistributedLock('job')
      async read() {
        return 'ran';
      }

      @DistributedLock('job', { mode: 'exclusive' })
      async write() {
        return 'ran';
      }
    }
    const world = new World();
    const app = await contextOf({ imports: [world.module], providers: [Job] });
    await using reader = await world.rival.acquire('job', { mode: 'shared' });

    expect(reader.held).toBe(true);
    await expect(app.get(Job).read()).resolves.toBe('ran');
    await expect(app.get(Job).write()).rejects.toMatchObject({
      code: 'LOCK_BUSY',
    });
  });

  it('takes the refusals and the instance that its class names', async () => {
    class Sold extends Error {}
    const sold = () => {
      throw new Sold();
    };
    @Injectable()
    class Base {
      @DistributedLock('job', { waitTimeout: 0 })
      async unnamed() {
        return 'ran';
      }
    }
    @Injectable()
    @DistributedLock({ name: 'second', onBusy: sold })
    class Job extends Base {
      @DistributedLock('job')
      async run() {
        return 'ran';
      }

      @DistributedLock('job', { onBusy: 'throw', waitTimeout: 0 })
      async own() {
        return 'ran';
      }
    }
    @Injectable()
    @DistributedLock({ name: 'second' })
    class Alone {
      @DistributedLock('alone')
      async run() {
        return 'ran';
      }
    }
    const world = new World();
    const second = world.lockModule({ name: 'second', namespace: 'second' });
    const app = await contextOf({
      imports: [world.module, second],
      providers: [Job],
    });
    const job = app.get(Job);
    await using first = await world.rival.acquire('job');

    expect(first.held).toBe(true);
    await expect(job.unnamed()).resolves.toBe('ran');
    await expect(job.run()).resolves.toBe('ran');
    await using both = await app
      .get<LockService>(getLockServiceToken('second'))
      .acquire('job');
    expect(both.held).toBe(true);
    await expect(job.run()).rejects.toThrow(Sold);
    await expect(job.unnamed()).rejects.toThrow(Sold);
    await expect(job.own()).rejects.toMatchObject({ code: 'LOCK_BUSY' });

    const alone = await contextOf({ imports: [second], providers: [Alone] });
    await expect(alone.get(Alone).run()).resolves.toBe('ran');
  });
});

describe('a locked method in class hierarchies and scopes', () => {
  class Base {
    @DistributedLock('base', { waitTimeout: 0 })
    async run() {
      return 'base';
    }
  }

  @Injectable()
  class Inherits extends Base {}

  @Injectable()
  class Overrides extends Base {
    override async run() {
      return `over ${await super.run()}`;
    }
  }

  @Injectable()
  class LocksToo extends Base {
    @DistributedLock('sub', { waitTimeout: 0 })
    override async run() {
      return `sub ${await super.run()}`;
    }
  }

  @Injectable()
  class Unlocked extends Base {
    override async run() {
      return 'free';
    }
  }

  it.each([
    [Inherits, 'base', 1],
    [Overrides, 'over base', 1],
    [LocksToo, 'sub base', 2],
    [Unlocked, 'free', 0],
  ])('%o', async (type, result, acquired) => {
    const app = await contextOf({
      imports: [new World().module],
      providers: [type],
    });
    const seen = tally(app.get(LockService).client);

    await expect(app.get<Base>(type).run()).resolves.toBe(result);
    expect(seen.count('acquired')).toBe(acquired);
  });

  it('is locked when it is inherited', async () => {
    const world = new World();
    const app = await contextOf({
      imports: [world.module],
      providers: [Inherits, Overrides],
    });
    await using lock = await world.rival.acquire('base');

    expect(lock.held).toBe(true);
    await expect(app.get(Inherits).run()).rejects.toThrow(/held by somebody/);
    await expect(app.get(Overrides).run()).rejects.toThrow(/held by somebody/);
  });

  it.each([Scope.REQUEST, Scope.TRANSIENT])(
    'is locked in scope %i',
    async (scope) => {
      @Injectable({ scope })
      class Scoped {
        @DistributedLock('scoped', { waitTimeout: 0 })
        async run() {
          return 'ran';
        }
      }
      const world = new World();
      const app = await contextOf({
        imports: [world.module],
        providers: [Scoped],
      });
      const [one, two] = await Promise.all([
        app.resolve(Scoped, ContextIdFactory.create()),
        app.resolve(Scoped, ContextIdFactory.create()),
      ]);
      expect(one).not.toBe(two);
      await expect(one.run()).resolves.toBe('ran');

      await using lock = await world.rival.acquire('scoped');

      expect(lock.held).toBe(true);
      await expect(one.run()).rejects.toThrow(/held by somebody/);
      await expect(two.run()).rejects.toThrow(/held by somebody/);
    },
  );
});

describe('a locked method without a lock', () => {
  it('does not run where the process stood still after the lock was granted', async () => {
    let runs = 0;
    @Injectable()
    class Job {
      @DistributedLock('job', { onLost: 'ignore' })
      async run() {
        runs += 1;
      }
    }
    const clock = new ManualClock();
    const locks = new TestLocks({ clock });
    const app = await locks
      .override(
        Test.createTestingModule({
          imports: [new World().module],
          providers: [Job],
        }),
      )
      .compile();
    await app.init();
    onTestFinished(() => app.close());
    app.get(LockService).client.subscribe(({ type }) => {
      if (type === 'acquired') clock.stall(60_000);
    });

    await expect(app.get(Job).run()).rejects.toMatchObject({
      code: 'LOCK_LOST',
    });
    expect(runs).toBe(0);
  });

  it('keeps the application from starting when the module is missing', async () => {
    @Injectable()
    class Job {
      @DistributedLock('job')
      async run() {}
    }

    await expect(contextOf({ providers: [Job] })).rejects.toThrow(
      /can't resolve dependencies of the Job[^]*LockService of nestjs-etcd-lock: import EtcdLockModule\.forRoot\)/,
    );
  });

  it('keeps the application from starting when its named module is missing', async () => {
    @Injectable()
    class Job {
      @DistributedLock('job', { name: 'second' })
      async run() {}
    }

    await expect(
      contextOf({ imports: [new World().module], providers: [Job] }),
    ).rejects.toThrow(/import EtcdLockModule\.forRoot\({ name: 'second' }\)/);
  });

  it('does not run on an instance made with new', async () => {
    const ran = vi.fn();
    class Job {
      @DistributedLock('job')
      async run() {
        ran();
      }

      @DistributedLock('job')
      async *values() {
        ran();
        yield 1;
      }
    }

    await expect(new Job().run()).rejects.toThrow(
      expect.objectContaining({
        code: 'LOCK_CONFIGURATION',
        message: expect.stringMatching(/^Job\.run was not run/),
      }),
    );
    await expect(new Job().values().next()).rejects.toThrow(
      /^Job\.values was not run/,
    );
    const { run } = new Job();
    await expect(run()).rejects.toThrow(/^Job\.run was not run/);
    expect(ran).not.toHaveBeenCalled();
  });

  it('does not run when etcd fails', async () => {
    const ran = vi.fn();
    @Injectable()
    class Job {
      @DistributedLock('job')
      async run() {
        ran();
      }
    }
    const app = await contextOf({
      imports: [new World().module],
      providers: [Job],
    });
    await app.get(LockService).client.close();

    await expect(app.get(Job).run()).rejects.toMatchObject({
      code: 'LOCK_CLOSED',
    });
    expect(ran).not.toHaveBeenCalled();
  });

  it.each([
    ['undefined', undefined, /Job\.run: .*got undefined/],
    ['null', null, /Job\.run: .*got null/],
    ['a number', 7, /Job\.run: .*got number/],
    ['an empty string', '', /Job\.run: .*must not be empty/],
    ['no keys', [], /Job\.run: .*must not be empty/],
    ['an undefined among keys', ['a', undefined], /Job\.run: .*got undefined/],
    ['a promise', Promise.resolve('a'), /Job\.run: .*not a promise/],
    ['a long string', 'x'.repeat(1025), /Job\.run: .*longer than 1024/],
  ])('does not run for a key that is %s', async (_kind, key, message) => {
    const ran = vi.fn();
    const send = vi.fn();
    @Injectable()
    class Job {
      @DistributedLock(() => key as string)
      async run() {
        ran();
      }
    }
    const world = new World();
    const app = await contextOf({ imports: [world.module], providers: [Job] });
    world.cluster.transact = send;

    const call = app.get(Job).run();

    await expect(call).rejects.toBeInstanceOf(LockConfigurationError);
    await expect(call).rejects.toThrow(message);
    expect(ran).not.toHaveBeenCalled();
    expect(send).not.toHaveBeenCalled();
  });

  it('passes on what a key function throws', async () => {
    @Injectable()
    class Job {
      @DistributedLock(() => {
        throw failure;
      })
      async run() {}
    }
    const app = await contextOf({
      imports: [new World().module],
      providers: [Job],
    });

    await expect(app.get(Job).run()).rejects.toBe(failure);
  });
});

describe('the decorator', () => {
  it('keeps name, length and metadata, above and below', () => {
    class Job {
      @SetMetadata('above', 1)
      @DistributedLock('job')
      @SetMetadata('below', 2)
      async run(_a: string, _b: number) {}
    }
    const { run } = Job.prototype;

    expect(run.name).toBe('run');
    expect(run.length).toBe(2);
    expect(Reflect.getMetadata('above', run)).toBe(1);
    expect(Reflect.getMetadata('below', run)).toBe(2);
  });

  it('adds nothing to an instance that shows when it is listed or serialised', async () => {
    @Injectable()
    class Job {
      name = 'job';

      @DistributedLock('job')
      async run() {}
    }
    const app = await contextOf({
      imports: [new World().module],
      providers: [Job],
    });

    expect(Object.keys(app.get(Job))).toEqual(['name']);
    expect(JSON.stringify(app.get(Job))).toBe('{"name":"job"}');
  });

  it.each([
    [
      'a static method',
      () => {
        class Job {
          @DistributedLock('job')
          static async run() {}
        }
        return Job;
      },
      /Job\.run: a static method/,
    ],
    [
      'an accessor',
      () => {
        class Job {
          @(DistributedLock('job') as MethodDecorator)
          get run() {
            return 1;
          }
        }
        return Job;
      },
      /Job\.run: only a method/,
    ],
    [
      'a field',
      () => {
        class Job {
          @(DistributedLock('job') as PropertyDecorator)
          run = async () => {};
        }
        return Job;
      },
      /Job\.run: only a method/,
    ],
    [
      'a key on a class',
      () => {
        @(DistributedLock('job') as unknown as ClassDecorator)
        class Job {}
        return Job;
      },
      /the class Job takes options/,
    ],
    [
      'options without a key on a method',
      () => {
        class Job {
          @(DistributedLock({ ttl: '5s' }) as unknown as MethodDecorator)
          async run() {}
        }
        return Job;
      },
      /Job\.run names no lock key/,
    ],
    [
      'an empty key',
      () => {
        class Job {
          @DistributedLock('')
          async run() {}
        }
        return Job;
      },
      /Job\.run: .*must not be empty/,
    ],
    [
      'an unknown option',
      () => {
        class Job {
          @DistributedLock('job', { onBuzy: 'skip' } as object)
          async run() {}
        }
        return Job;
      },
      /Job\.run: Unknown option "onBuzy"; did you mean "onBusy"\?/,
    ],
    [
      'several wrong options at once',
      () => {
        class Job {
          @DistributedLock('job', {
            ttl: '1s',
            permits: 0,
            onBusy: 'wait',
            onLost: 'panic',
          } as object)
          async run() {}
        }
        return Job;
      },
      /Job\.run: .*"ttl".*"permits".*"onLost".*"onBusy"/,
    ],
    [
      'skipping a method that answers through @Res()',
      () => {
        class Job {
          @DistributedLock('job', { onBusy: 'skip' })
          async run(@Res() _response: unknown) {}
        }
        return Job;
      },
      /Job\.run: 'skip' would leave the request without an answer/,
    ],
    [
      'options that exclude each other',
      () => {
        class Job {
          @DistributedLock('job', { mode: 'shared', permits: 2 })
          async run() {}
        }
        return Job;
      },
      /Job\.run: .*exclude each other/,
    ],
    [
      'an unknown default of a class',
      () => {
        @DistributedLock({ sticky: true } as object)
        class Job {}
        return Job;
      },
      /the class Job: Unknown option "sticky"/,
    ],
    [
      'a default that changes what methods return',
      () => {
        @DistributedLock({ onBusy: 'skip' } as object)
        class Job {}
        return Job;
      },
      /the class Job: 'skip' changes what a method returns/,
    ],
  ])('refuses %s when the class is defined', (_what, define, message) => {
    expect(define).toThrow(LockConfigurationError);
    expect(define).toThrow(message);
  });

  it('says what it needs when it is compiled as a standard decorator', () => {
    const decorate = DistributedLock('job') as unknown as (
      ...args: unknown[]
    ) => void;

    expect(() =>
      decorate(async () => {}, { kind: 'method', name: 'run' }),
    ).toThrow(/run: it needs "experimentalDecorators"/);
  });

  it('does not take an error of a lock the method took for its own', async () => {
    @Injectable()
    class Job {
      constructor(@Inject(LockService) private readonly locks: LockService) {}

      @DistributedLock('outer', {
        onBusy: () => 'outer was busy',
        onStoreError: () => 'no store',
      })
      async run(error?: Error) {
        if (error) throw error;
        return this.locks.withLock('inner', { waitTimeout: 0 }, () => 'ran');
      }
    }
    const world = new World();
    const app = await contextOf({ imports: [world.module], providers: [Job] });
    await using lock = await world.rival.acquire('inner');
    const error = new LockTimeoutError('outer', 1);

    expect(lock.held).toBe(true);
    await expect(app.get(Job).run()).rejects.toMatchObject({ key: 'inner' });
    await expect(app.get(Job).run(error)).rejects.toBe(error);
  });

  it('leaves nothing unhandled when nobody awaits in time', async () => {
    const unhandled = vi.fn();
    process.on('unhandledRejection', unhandled);
    onTestFinished(() => {
      process.off('unhandledRejection', unhandled);
    });
    const { passed, fail } = gate();
    @Injectable()
    class Job {
      @DistributedLock('job', { maxHold: 5 })
      async run() {
        await passed;
      }
    }
    const app = await contextOf({
      imports: [new World().module],
      providers: [Job],
    });

    await expect(app.get(Job).run()).rejects.toMatchObject({
      code: 'LOCK_LOST',
    });
    fail(failure);
    await new Promise(setImmediate);
    await new Promise(setImmediate);

    expect(unhandled).not.toHaveBeenCalled();
  });
});

const failure = new Error('of the method');
