import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { LockWorld } from '../support/lock-world.js';

const TTL = 2_000;

describe('when a process that holds a lock ends', () => {
  let world: LockWorld;
  beforeAll(async () => {
    world = await LockWorld.start();
  });
  afterEach(() => world.leave());
  afterAll(() => world.stop());

  /** A process of its own holds, and a client of this one waits. */
  async function holderAndWaiter(key: string, ttl: number) {
    const holder = await world.worker({ ttl });
    const held = await holder.acquire(key);
    const turn = world.locks().acquire(key);
    await world.queued(key, 2);
    return { holder, held, turn };
  }

  async function msUntil(turn: Promise<unknown>): Promise<number> {
    const since = performance.now();
    await turn;
    return performance.now() - since;
  }

  it('by SIGKILL, the next has it within the TTL and a second', async () => {
    const { holder, held, turn } = await holderAndWaiter('killed', TTL);
    void holder.process.kill();
    // The second is etcd's: it looks for expired leases now and then.
    expect(await msUntil(turn)).toBeLessThan(TTL + 1_000);
    expect((await turn).fencingToken).toBeGreaterThan(held.token);
  });

  it('by closing its client, the next has it at once', async () => {
    const ttl = 8_000;
    const { holder, held, turn } = await holderAndWaiter('closed', ttl);
    const closed = holder.close();
    expect(await msUntil(turn)).toBeLessThan(ttl / 4);
    expect((await turn).fencingToken).toBeGreaterThan(held.token);
    await closed;
    expect(await holder.process.exit()).toBe(0);
  });

  it('or one that waits, its place is empty within the TTL and a second', async () => {
    const [holder, next] = [world.locks(), world.locks()];
    const lock = await holder.acquire('gap');
    const waiter = await world.worker({ ttl: TTL });
    const neverServed = waiter.acquire('gap').catch(() => {});
    await world.queued('gap', 2);
    const turn = next.acquire('gap');
    await world.queued('gap', 3);
    const since = performance.now();
    await waiter.process.kill();
    await neverServed;
    await world.queued('gap', 2);
    expect(performance.now() - since).toBeLessThan(TTL + 1_000);
    await lock.release();
    expect((await turn).fencingToken).toBeGreaterThan(lock.fencingToken);
  });
});

describe('a process that closes its client', () => {
  let world: LockWorld;
  beforeAll(async () => {
    world = await LockWorld.start();
  });
  afterEach(() => world.leave());
  afterAll(() => world.stop());

  it('leaves nothing in etcd, turns its waiters away, and ends by itself', async () => {
    const other = world.participant();
    const otherLock = await other.locks.acquire('wanted');
    const leasesBefore = await world.leases();
    const worker = await world.worker();
    await worker.acquire('one');
    await worker.acquire(['two', 'three']);
    await worker.acquire('four', { dedicatedLease: true });
    await worker.acquire('five', { mode: 'shared', ttl: '5s' });
    const turnedAway = expect(
      worker.acquire('wanted', { waitTimeout: '1h' }),
    ).rejects.toMatchObject({ code: 'LOCK_CLOSED' });
    await world.queued('wanted', 2);
    expect((await world.leases()).length).toBe(leasesBefore.length + 3);

    await worker.close();
    await turnedAway;
    expect(await world.names()).toEqual(await world.queued('wanted', 1));
    expect(await world.leases()).toEqual(leasesBefore);
    expect(await worker.process.exit()).toBe(0);
    expect(worker.process.output).toBe('');
    expect(otherLock.held).toBe(true);
  });

  it('ends by itself also when it never took a lock', async () => {
    const worker = await world.worker();
    await worker.close();
    expect(await worker.process.exit()).toBe(0);
    expect(worker.process.output).toBe('');
  });
});
