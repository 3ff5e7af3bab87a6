import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { LockWorker } from '../support/lock-worker.js';
import { LockWorld } from '../support/lock-world.js';
import { waitUntil } from '../support/wait-until.js';

const TTL = 2_000;

const NOT_HELD = {
  held: false,
  asserted: 'LOCK_LOST',
  remaining: 0,
  aborted: true,
};

describe('a process that stands still for longer than its TTL', () => {
  let world: LockWorld;
  let worker: LockWorker;
  beforeAll(async () => {
    world = await LockWorld.start();
    worker = await world.worker({ ttl: TTL, waitTimeout: 30_000 });
  });
  afterAll(() => world.stop());

  it('sees at its very first look that the lock went to another', async () => {
    const held = await worker.acquire('paused');
    const other = world.locks();
    const turn = other.acquire('paused');
    await world.queued('paused', 2);

    const pauseMs = TTL / 2;
    const looks = worker.lookAfterPause(held.id, pauseMs);
    await worker.process.next('spinning');
    worker.process.pause();
    const pausedAt = performance.now();
    const lock = await turn;
    // A late message may have left less of the lease than the worker takes for a pause.
    await waitUntil(() => performance.now() - pausedAt > pauseMs * 1.1);
    worker.process.resume();

    const { before, after, abortedAfterTurns } = await looks;
    expect(before).toMatchObject({ held: true, asserted: 'held' });
    expect(after).toEqual(NOT_HELD);
    expect(abortedAfterTurns).toBe(0);
    expect(lock.fencingToken).toBeGreaterThan(held.token);

    // For effects inside etcd the guard does what no clock of the process can.
    expect(await worker.putGuarded(held.id, 'effect', 'late')).toBe(false);
    await worker.release(held.id);
    expect(lock.held).toBe(true);
    expect(await world.queued('paused', 1)).toHaveLength(1);
    await lock.release();
  });

  it('is told by the signal, though it never looks', async () => {
    const held = await worker.acquire('unseen');
    const turn = world.locks().acquire('unseen');
    await world.queued('unseen', 2);
    worker.process.pause();
    await turn;
    worker.process.resume();
    await waitUntil(() => worker.toldAt(held.id));
    expect(await worker.look(held.id)).toEqual(NOT_HELD);
  });

  it('sees the same when it only blocked its event loop', async () => {
    const held = await worker.acquire('blocked');
    const turn = world.locks().acquire('blocked');
    const { before, after } = await worker.lookAfterBlocking(held.id, TTL);
    expect(before).toMatchObject({ held: true, asserted: 'held' });
    expect(after).toEqual(NOT_HELD);
    expect((await turn).fencingToken).toBeGreaterThan(held.token);
  });

  it('can put under its guard for as long as it holds', async () => {
    const held = await worker.acquire('guarded');
    expect(await worker.putGuarded(held.id, 'effect', 'in time')).toBe(true);
    await worker.release(held.id);
    expect(await worker.putGuarded(held.id, 'effect', 'late')).toBe(false);
  });

  it('queues again when it was only waiting', async () => {
    const lock = await world.locks({ ttl: '10s' }).acquire('again');
    const turn = worker.acquire('again');
    const [, first] = await world.queued('again', 2);
    worker.process.pause();
    await world.queued('again', 1);
    worker.process.resume();
    const [, second] = await world.queued('again', 2);
    expect(second).not.toBe(first);
    await lock.release();
    expect((await turn).token).toBeGreaterThan(lock.fencingToken);
  });
});
