import { describe, expect, it } from 'vitest';
import { type EtcdLockModuleOptions, LockService } from 'nestjs-etcd-lock';
import { EtcdLockHealthIndicator } from 'nestjs-etcd-lock/health';
import { MemoryStore } from 'nestjs-etcd-lock/memory';
import { FaultyStore, ManualClock } from 'nestjs-etcd-lock/testing';
import { adapters, contextOf, listen, World } from '../nest/support/harness.js';
import { healthParts, outcomes } from './support/health-app.js';
import { RecordingStore } from '../support/recording-store.js';

async function started(options: Partial<EtcdLockModuleOptions> = {}) {
  const store = new FaultyStore(new MemoryStore());
  const app = await contextOf({
    imports: [new World({ store, ...options }).module],
    providers: [EtcdLockHealthIndicator],
  });
  const locks = app.get(LockService);
  return { app, store, locks, health: app.get(EtcdLockHealthIndicator) };
}

const away = { on: 'read', times: Infinity } as const;

describe('readiness', () => {
  it('is up while etcd answers, and tells how long that took', async () => {
    const { health } = await started();
    expect(await health.isReady('locks')).toEqual({
      locks: { status: 'up', latencyMs: expect.any(Number), sessions: [] },
    });
  });

  it('is down when etcd refuses, says why, and is up again afterwards', async () => {
    const { health, store } = await started();
    const outage = store.refuse(away);
    expect(await health.isReady('locks')).toEqual({
      locks: {
        status: 'down',
        message: expect.stringContaining('etcd'),
        sessions: [],
      },
    });
    outage.lift();
    expect(await health.isReady('locks')).toMatchObject({
      locks: { status: 'up' },
    });
  });

  it('is down when etcd takes longer than it may', async () => {
    const clock = new ManualClock();
    const store = new FaultyStore(new MemoryStore(), { clock });
    const { health } = await started({ store });
    store.holdRequests(away);

    const short = health.isReady('locks', { timeout: 20 });
    const usual = health.isReady('locks');
    await clock.advance(20);
    expect(await short).toMatchObject({ locks: { status: 'down' } });
    await clock.advance(980);
    expect(await usual).toMatchObject({ locks: { status: 'down' } });
  });

  it.each([{ timeout: 'soon' }, { timout: 500 }, 500])(
    'refuses options such as %j',
    async (options) => {
      const { health } = await started();
      await expect(
        health.isReady('locks', options as never),
      ).rejects.toMatchObject({ code: 'LOCK_CONFIGURATION' });
    },
  );

  it('asks etcd once for all who ask at the same time', async () => {
    const store = new RecordingStore(new MemoryStore());
    const { health } = await started({ store });

    await Promise.all(
      Array.from({ length: 50 }, () => health.isReady('locks')),
    );
    expect(store.count('read')).toBe(1);
    await health.isReady('locks');
    expect(store.count('read')).toBe(2);
  });

  it('is down from the moment the application closes', async () => {
    const { health, locks } = await started();
    locks.client.drain();
    expect(await health.isReady('locks')).toMatchObject({
      locks: { status: 'down', message: expect.stringContaining('closes') },
    });
  });

  it('tells of the leases that locks hang on', async () => {
    const { health, locks } = await started({ ttl: '10s' });
    await using lock = await locks.acquire('a');
    expect(lock.held).toBe(true);
    const [session] = (await health.check()).sessions;
    expect(session).toMatchObject({ ttlMs: 10_000, keepAliveLagMs: 0 });
    expect(session!.remainingMs).toBeLessThanOrEqual(9_500);
  });
});

describe('liveness', () => {
  it('is up without asking anybody, whatever becomes of etcd', async () => {
    const store = new RecordingStore(new MemoryStore());
    const { health, locks } = await started({ store });
    await locks.acquire('a');
    const before = store.calls.length;

    const alive = health.isAlive('locks');

    expect(alive.locks.status).toBe('up');
    expect(alive.locks.sessions).toHaveLength(1);
    expect(store.calls).toHaveLength(before);
  });

  it('is up while the application closes', async () => {
    const { health, locks } = await started();
    locks.client.drain();
    expect(health.isAlive('locks')).toMatchObject({ locks: { status: 'up' } });
  });
});

describe('named instances', () => {
  it('each have their own health', async () => {
    const store = new FaultyStore(new MemoryStore());
    const world = new World();
    const app = await contextOf({
      imports: [world.module, world.lockModule({ name: 'second', store })],
      providers: [EtcdLockHealthIndicator],
    });
    const health = app.get(EtcdLockHealthIndicator);
    store.refuse(away);

    expect((await health.check()).ready).toBe(true);
    expect((await health.check({ name: 'second' })).ready).toBe(false);
  });

  it('that nobody has made are an error that names them', async () => {
    const { health } = await started();
    await expect(health.check({ name: 'third' })).rejects.toThrow(/third/);
    expect(() => health.isAlive('locks', { name: 'third' })).toThrow(/third/);
  });
});

describe.each(adapters)('health over HTTP, on %s', (adapter) => {
  it('answers 200 and 503 as terminus does', async () => {
    const store = new FaultyStore(new MemoryStore());
    const { url } = await listen(
      healthParts(new World({ store }).module),
      adapter,
    );

    expect(await outcomes(url)).toEqual({ ready: '200 up', live: '200 up' });
    const outage = store.refuse(away);
    expect(await outcomes(url)).toEqual({ ready: '503 down', live: '200 up' });
    outage.lift();
    expect(await outcomes(url)).toEqual({ ready: '200 up', live: '200 up' });
  });
});
