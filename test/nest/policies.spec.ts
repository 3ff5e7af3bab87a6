import { once } from 'node:events';
import { Injectable } from '@nestjs/common';
import { describe, expect, it } from 'vitest';
import {
  type BusyInfo,
  CurrentLock,
  DistributedLock,
  EtcdLockModule,
  type Lock,
  LockService,
  type StoreErrorInfo,
} from 'nestjs-etcd-lock';
import { MemoryStore } from 'nestjs-etcd-lock/memory';
import { FaultyStore } from 'nestjs-etcd-lock/testing';
import { contextOf, gate, tally, World } from './support/harness.js';

async function withBusyLock() {
  const busy: BusyInfo[] = [];
  @Injectable()
  class Job {
    @DistributedLock('job')
    async throwing() {
      return 'ran';
    }

    @DistributedLock('job', { onBusy: 'skip' })
    async skipping(): Promise<string | undefined> {
      return 'ran';
    }

    @DistributedLock('job', {
      onBusy: (info) => {
        busy.push(info);
        return 'fallback';
      },
    })
    async falling() {
      return 'ran';
    }

    @DistributedLock('job', { onBusy: async () => 'later' })
    async fallingLater() {
      return 'ran';
    }

    @DistributedLock('job', {
      onBusy: ({ error }) => {
        throw new Error('own error', { cause: error });
      },
    })
    async failing() {
      return 'ran';
    }

    @DistributedLock('job', { onBusy: 'skip', waitTimeout: 20 })
    async patient(): Promise<string | undefined> {
      return 'ran';
    }

    @DistributedLock('job', { onStoreError: 'skip', waitTimeout: 0 })
    async mindingTheStore(): Promise<string | undefined> {
      return 'ran';
    }
  }
  const world = new World({ waitTimeout: 30 });
  const app = await contextOf({ imports: [world.module], providers: [Job] });
  const lock = await world.rival.acquire('job');
  const seen = tally(app.get(LockService).client);
  return { world, lock, job: app.get(Job), busy, seen };
}

describe('onBusy', () => {
  it("with 'throw' waits as long as the module says and throws the timeout", async () => {
    const { job, seen } = await withBusyLock();

    await expect(job.throwing()).rejects.toMatchObject({
      code: 'LOCK_TIMEOUT',
      waitedMs: expect.any(Number),
    });
    expect(seen.count('waiting')).toBe(1);
  });

  it("with 'skip' asks once and resolves to undefined", async () => {
    const { job, seen } = await withBusyLock();

    await expect(job.skipping()).resolves.toBeUndefined();
    expect(seen.count('busy')).toBe(1);
    expect(seen.count('waiting')).toBe(0);
  });

  it("with 'skip' runs the method when the lock is free", async () => {
    const { job, lock } = await withBusyLock();
    await lock.release();

    await expect(job.skipping()).resolves.toBe('ran');
  });

  it("with 'skip' waits when a time is given", async () => {
    const { job, lock, seen } = await withBusyLock();

    await expect(job.patient()).resolves.toBeUndefined();
    expect(seen.count('timeout')).toBe(1);

    const call = job.patient();
    await lock.release();
    await expect(call).resolves.toBe('ran');
  });

  it('with a function returns what it makes of the refusal', async () => {
    const { job, busy, seen } = await withBusyLock();

    await expect(job.falling()).resolves.toBe('fallback');
    await expect(job.fallingLater()).resolves.toBe('later');
    await expect(job.failing()).rejects.toThrow('own error');

    expect(busy).toEqual([
      { key: 'job', error: expect.objectContaining({ code: 'LOCK_BUSY' }) },
    ]);
    expect(seen.count('waiting')).toBe(0);
  });

  it('does not concern a store that fails', async () => {
    const { job } = await withFailingStore();

    await expect(job.skippingBusy()).rejects.toMatchObject({
      code: 'LOCK_STORE',
    });
  });
});

async function withFailingStore() {
  const failures: StoreErrorInfo[] = [];
  @Injectable()
  class Job {
    @DistributedLock('job', { waitTimeout: 30 })
    async throwing() {
      return 'ran';
    }

    @DistributedLock('job', { onStoreError: 'skip', waitTimeout: 30 })
    async skipping(): Promise<string | undefined> {
      return 'ran';
    }

    @DistributedLock('job', {
      waitTimeout: 30,
      onStoreError: (info) => {
        failures.push(info);
        return 'fallback';
      },
    })
    async falling() {
      return 'ran';
    }

    @DistributedLock('job', { onBusy: 'skip', waitTimeout: 30 })
    async skippingBusy(): Promise<string | undefined> {
      return 'ran';
    }
  }
  const store = new FaultyStore(new MemoryStore());
  const app = await contextOf({
    imports: [EtcdLockModule.forRoot({ store, ttl: '2s', shutdownGrace: 0 })],
    providers: [Job],
  });
  store.refuse({ times: Infinity });
  return { store, job: app.get(Job), failures };
}

describe('onStoreError', () => {
  it("with 'throw' throws the LockStoreError", async () => {
    const { job } = await withFailingStore();

    await expect(job.throwing()).rejects.toMatchObject({ code: 'LOCK_STORE' });
  });

  it("with 'skip' resolves to undefined", async () => {
    const { job } = await withFailingStore();

    await expect(job.skipping()).resolves.toBeUndefined();
  });

  it('with a function returns what it makes of the failure', async () => {
    const { job, failures } = await withFailingStore();

    await expect(job.falling()).resolves.toBe('fallback');
    expect(failures).toEqual([
      { key: 'job', error: expect.objectContaining({ code: 'LOCK_STORE' }) },
    ]);
  });

  it('does not concern a lock that is busy', async () => {
    const { job } = await withBusyLock();

    await expect(job.mindingTheStore()).rejects.toMatchObject({
      code: 'LOCK_BUSY',
    });
  });
});

describe('onLost', () => {
  async function losing() {
    const { passed, open } = gate<string>();
    const started = gate<Lock>();
    @Injectable()
    class Job {
      @DistributedLock('job')
      async throwing(@CurrentLock() lock?: Lock) {
        started.open(lock!);
        return passed;
      }

      @DistributedLock('job', { onLost: 'ignore' })
      async ignoring(@CurrentLock() lock?: Lock) {
        started.open(lock!);
        return passed;
      }

      @DistributedLock('job', { maxHold: 10 })
      async blocking() {
        const until = performance.now() + 30;
        while (performance.now() < until);
        return 'too late';
      }

      @DistributedLock('job')
      async robbed() {
        await world.rival.forceRelease('job');
        return 'a result that rests on nothing';
      }

      @DistributedLock('job', { onLost: 'ignore' })
      async robbedButCalm() {
        await world.rival.forceRelease('job');
        return 'a result';
      }
    }
    const world = new World();
    const app = await contextOf({ imports: [world.module], providers: [Job] });
    const lose = () => world.rival.forceRelease('job');
    return { job: app.get(Job), open, started, lose };
  }

  it("with 'throw' rejects at the loss although the method goes on", async () => {
    const { job, started, lose } = await losing();

    const call = job.throwing();
    const { signal } = await started.passed;
    await Promise.all([
      lose(),
      expect(call).rejects.toMatchObject({
        code: 'LOCK_LOST',
        reason: 'taken',
      }),
    ]);
    await expect(call).rejects.toBe(signal.reason);
  });

  it("with 'throw' rejects when the method blocked the event loop beyond the loss", async () => {
    const { job } = await losing();

    await expect(job.blocking()).rejects.toMatchObject({ code: 'LOCK_LOST' });
  });

  it("with 'throw' rejects when the loss comes out at the release", async () => {
    const { job } = await losing();

    await expect(job.robbed()).rejects.toMatchObject({
      code: 'LOCK_LOST',
      reason: 'taken',
    });
  });

  it("with 'ignore' returns what the method returns", async () => {
    const { job, open, started, lose } = await losing();

    const call = job.ignoring();
    const { signal } = await started.passed;
    const aborted = once(signal, 'abort');
    await lose();
    await aborted;
    open('late');

    await expect(call).resolves.toBe('late');
    await expect(job.robbedButCalm()).resolves.toBe('a result');
  });
});
