import { Injectable } from '@nestjs/common';
import {
  Cron,
  Interval,
  ScheduleModule,
  SchedulerRegistry,
  Timeout,
} from '@nestjs/schedule';
import { describe, expect, it } from 'vitest';
import { DistributedLock, LockService } from 'nestjs-etcd-lock';
import { contextOf, tally, World } from './support/harness.js';

const EVERY_SECOND = '* * * * * *';

let ran: string[] = [];

@Injectable()
class CronAbove {
  @Cron(EVERY_SECOND, { name: 'job' })
  @DistributedLock('job', { onBusy: 'skip' })
  async run() {
    ran.push('cron above');
  }
}

@Injectable()
class CronBelow {
  @DistributedLock('job', { onBusy: 'skip' })
  @Cron(EVERY_SECOND, { name: 'job' })
  async run() {
    ran.push('cron below');
  }
}

@Injectable()
class IntervalAbove {
  @Interval('job', 10)
  @DistributedLock('job', { onBusy: 'skip' })
  async run() {
    ran.push('interval above');
  }
}

@Injectable()
class IntervalBelow {
  @DistributedLock('job', { onBusy: 'skip' })
  @Interval('job', 10)
  async run() {
    ran.push('interval below');
  }
}

@Injectable()
class TimeoutBelow {
  @DistributedLock('job', { onBusy: 'skip' })
  @Timeout('job', 5)
  async run() {
    ran.push('timeout below');
  }
}

async function schedule(job: new () => { run(): Promise<void> }) {
  ran = [];
  const world = new World();
  const app = await contextOf({
    imports: [world.module, ScheduleModule.forRoot()],
    providers: [job],
  });
  const seen = tally(app.get(LockService).client);
  return { world, registry: app.get(SchedulerRegistry), seen };
}

describe('a locked method that a scheduler calls', () => {
  it.each([CronAbove, CronBelow])(
    '%o is registered once and takes one lock for each tick',
    async (job) => {
      const { world, registry, seen } = await schedule(job);
      expect([...registry.getCronJobs().keys()]).toEqual(['job']);
      const cron = registry.getCronJob('job');
      await cron.stop();

      await cron.fireOnTick();
      await expect.poll(() => seen.count('released')).toBe(1);
      expect(ran).toHaveLength(1);
      expect(seen.count('acquired')).toBe(1);

      await using lock = await world.rival.acquire('job');
      await cron.fireOnTick();
      await expect.poll(() => seen.count('busy')).toBe(1);
      expect(lock.held).toBe(true);
      expect(ran).toHaveLength(1);
    },
  );

  it.each([IntervalAbove, IntervalBelow])(
    '%o is registered once and takes a lock for each tick',
    async (job) => {
      const { registry, seen } = await schedule(job);

      expect(registry.getIntervals()).toEqual(['job']);
      await expect.poll(() => ran.length).toBeGreaterThanOrEqual(2);
      expect(seen.count('acquired')).toBeGreaterThanOrEqual(ran.length);
    },
  );

  it('TimeoutBelow is registered once and runs under the lock', async () => {
    const { registry, seen } = await schedule(TimeoutBelow);

    expect(registry.getTimeouts()).toEqual(['job']);
    await expect.poll(() => ran).toEqual(['timeout below']);
    await expect.poll(() => seen.count('released')).toBe(1);
  });

  it('runs once per tick over several instances with minHold', async () => {
    ran = [];
    @Injectable()
    class Nightly {
      @DistributedLock('nightly', { onBusy: 'skip', minHold: '1m' })
      async run() {
        ran.push('nightly');
      }
    }
    const world = new World();
    const apps = await Promise.all(
      [1, 2, 3].map(() =>
        contextOf({ imports: [world.lockModule()], providers: [Nightly] }),
      ),
    );

    for (const app of apps) await app.get(Nightly).run();

    expect(ran).toEqual(['nightly']);
  });
});
