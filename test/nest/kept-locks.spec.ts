import { Injectable } from '@nestjs/common';
import { describe, expect, it } from 'vitest';
import {
  DistributedLock,
  type EtcdLockModuleOptions,
  LockService,
} from 'nestjs-etcd-lock';
import { contextOf, World } from './support/harness.js';

/** How often etcd was asked for the lock of a method that was called `times` times. */
async function keptAfter(
  type: new () => { run(): Promise<unknown> },
  options: Partial<EtcdLockModuleOptions> = {},
): Promise<{ kept: number; fromEtcd: number }> {
  const app = await contextOf({
    imports: [new World(options).module],
    providers: [type],
  });
  const { client, events$ } = app.get(LockService);
  let fromEtcd = 0;
  events$.subscribe((event) => {
    if (event.type === 'acquired' && !event.kept) fromEtcd += 1;
  });
  for (let call = 0; call < 5; call++) {
    await app.get(type).run();
    await new Promise((resolve) => setImmediate(resolve));
  }
  return { kept: client.keptCount, fromEtcd };
}

const KEPT = { kept: 1, fromEtcd: 1 };
const GIVEN_BACK = { kept: 0, fromEtcd: 5 };

describe('keep', () => {
  it('of a method keeps its lock between its calls', async () => {
    @Injectable()
    class Job {
      @DistributedLock('job', { keep: '30s' })
      async run() {}
    }
    expect(await keptAfter(Job)).toEqual(KEPT);
  });

  it('of a class keeps the locks of its methods', async () => {
    @Injectable()
    @DistributedLock({ keep: '30s' })
    class Job {
      @DistributedLock('job')
      async run() {}
    }
    expect(await keptAfter(Job)).toEqual(KEPT);
  });

  it('of the module keeps all locks that can be kept', async () => {
    @Injectable()
    class Job {
      @DistributedLock('job')
      async run() {}
    }
    expect(await keptAfter(Job, { keep: '30000' })).toEqual(KEPT);
    expect(await keptAfter(Job, { keep: '30s', maxKept: 0 })).toEqual(
      GIVEN_BACK,
    );
  });

  it.each([
    ['shared', { mode: 'shared' }],
    ['permits', { permits: 2 }],
    ['dedicatedLease', { dedicatedLease: true }],
    ['keep: 0', { keep: 0 }],
  ] as const)(
    'of the module and of the class gives way to %s of a method',
    async (_, options) => {
      @Injectable()
      @DistributedLock({ keep: '30s' })
      class Job {
        @DistributedLock('job', options)
        async run() {}
      }
      expect(await keptAfter(Job, { keep: '30s' })).toEqual(GIVEN_BACK);
    },
  );

  it('of the class gives way to several keys', async () => {
    @Injectable()
    @DistributedLock({ keep: '30s' })
    class Job {
      @DistributedLock(['job', 'other'])
      async run() {}
    }
    expect(await keptAfter(Job)).toEqual(GIVEN_BACK);
  });

  it('of the module leaves sticky methods alone', async () => {
    @Injectable()
    class Job {
      @DistributedLock('job', { sticky: true, onBusy: 'skip' })
      async run() {}
    }
    const world = new World({ keep: '30s' });
    const app = await contextOf({ imports: [world.module], providers: [Job] });
    await app.get(Job).run();
    const { holders } = await world.rival.inspect('job');
    expect(holders).toHaveLength(1);
    expect(holders[0]).not.toHaveProperty('kept');
  });

  it('is of no concern where nothing is locked', async () => {
    @Injectable()
    class Job {
      @DistributedLock('job', { keep: '30s' })
      async run() {
        return 'ran';
      }
    }
    const world = new World({ enabled: false });
    const app = await contextOf({ imports: [world.module], providers: [Job] });
    expect(await app.get(Job).run()).toBe('ran');
  });

  it.each([
    ['minHold', 'job', { minHold: '1s' }],
    ['shared', 'job', { mode: 'shared' }],
    ['several keys', ['a', 'b'], {}],
    ['keeps the lock anyway', 'job', { sticky: true, onBusy: 'skip' }],
  ] as const)(
    'of a method does not go with %s, which is said at start',
    async (what, key, options) => {
      const start = async () => {
        @Injectable()
        class Job {
          @DistributedLock(key as string, { keep: '30s', ...options } as object)
          async run() {}
        }
        await contextOf({ imports: [new World().module], providers: [Job] });
      };
      await expect(start()).rejects.toThrow(new RegExp(`Job.run.*${what}`));
    },
  );

  it.each([
    [{ keep: 'soon' }, /"keep" .*got 'soon'/],
    [{ maxKept: -1 }, /"maxKept" must be a whole number/],
  ])('of the module is checked at start: %j', async (options, message) => {
    const start = contextOf({ imports: [new World(options).module] });
    await expect(start).rejects.toThrow(message);
  });
});
