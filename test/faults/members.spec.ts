import { describe, expect, it, vi } from 'vitest';
import type { Lock } from '../../lib/core/index.js';
import { isLeader } from '../support/etcd-gateway.js';
import { LockWorld, type Participant } from '../support/lock-world.js';
import { waitUntil } from '../support/wait-until.js';

// Longer than an election takes.
const TTL = 5_000;

// Each has a cluster of its own, and most of the time waits for elections and leases.
describe.concurrent('of three members', () => {
  async function leaderOf({ etcd }: LockWorld) {
    for (const member of etcd.members) {
      if (await isLeader(member.endpoint)) return member;
    }
    throw new Error('Nobody leads.');
  }

  /** A client that knows all members and is connected to this one first. */
  function participantAt(
    world: LockWorld,
    endpoint: string,
    ttl = TTL,
  ): Participant {
    const others = world.etcd.endpoints.filter((one) => one !== endpoint);
    // Which member a client begins with is left to chance.
    const chance = vi.spyOn(Math, 'random').mockReturnValue(0);
    const hosts = [endpoint, ...others];
    const participant = world.participant({ hosts, ttl });
    chance.mockRestore();
    return participant;
  }

  /** Resolves when a renewal has succeeded that was sent from now on. */
  async function renewed({ store }: Participant): Promise<void> {
    const until = performance.now() + TTL;
    await waitUntil(() => store.leaseSafeUntil > until, { timeoutMs: TTL });
  }

  it('the leader dies: its holder keeps the lock, and waiters of all members get their turns', async (context) => {
    const world = await LockWorld.startFor(context, { members: 3 });
    const dying = await leaderOf(world);
    const holder = participantAt(world, dying.endpoint);
    const lock = await holder.locks.acquire('kept');
    const turns: Promise<Lock>[] = [];
    for (const { endpoint } of world.etcd.members) {
      const { locks } = participantAt(world, endpoint);
      turns.push(locks.acquire('kept', { waitTimeout: '1m' }));
      await world.queued('kept', turns.length + 1);
    }
    await dying.kill();
    await renewed(holder);
    expect(lock.held).toBe(true);
    expect(lock.signal.aborted).toBe(false);

    const tokens = [lock.fencingToken];
    await lock.release();
    for (const turn of turns) {
      const next = await turn;
      tokens.push(next.fencingToken);
      await next.release();
    }
    expect(tokens).toEqual([...tokens].sort((a, b) => (a < b ? -1 : 1)));
    expect(await world.names()).toEqual([]);
  });

  it('two die: holders are told in time, callers hear of it, and all goes on later', async (context) => {
    const world = await LockWorld.startFor(context, { members: 3 });
    const [safe, ...dying] = world.etcd.members;
    const holder = participantAt(world, safe!.endpoint, 2_000);
    const lock = await holder.locks.acquire('minority');
    const told = new Promise<number>((resolve) => {
      const { signal } = lock;
      signal.addEventListener('abort', () => resolve(performance.now()));
    });
    await Promise.all(dying.map((member) => member.kill()));

    expect(await told).toBeLessThan(holder.store.leaseSafeUntil);
    expect(lock.held).toBe(false);
    const waitTimeout = 2_000;
    const since = performance.now();
    await expect(
      holder.locks.acquire('minority', { waitTimeout }),
    ).rejects.toMatchObject({ code: 'LOCK_STORE' });
    expect(performance.now() - since).toBeLessThan(waitTimeout * 1.75);

    for (const member of dying) member.launch();
    await Promise.all(dying.map((member) => member.healthy()));
    const again = await holder.locks.acquire('minority', { waitTimeout: '1m' });
    expect(again.fencingToken).toBeGreaterThan(lock.fencingToken);
    await lock.release();
    expect(await world.queued('minority', 1)).toHaveLength(1);
  });
});
