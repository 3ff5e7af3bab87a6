import { describe, expect, it } from 'vitest';
import { useWorld } from '../support/world.js';

const world = useWorld();

describe('the sessions of a client', () => {
  it('are none before the first lock is asked for', () => {
    expect(world().instance().locks.sessions()).toEqual([]);
  });

  it('tell the lease, its TTL and how long the locks are held for sure', async () => {
    const { locks, traffic } = world().instance({ ttl: '10s' });
    await locks.acquire('a');
    await locks.acquire('b', { ttl: '20s' });

    expect(locks.sessions()).toEqual([
      {
        lease: traffic.leases[0]!.toString(16),
        ttlMs: 10_000,
        remainingMs: 9_500,
        keepAliveLagMs: 0,
      },
      {
        lease: traffic.leases[1]!.toString(16),
        ttlMs: 20_000,
        remainingMs: 19_000,
        keepAliveLagMs: 0,
      },
    ]);
  });

  it('lag by what has passed since the renewal was due', async () => {
    const { locks, network } = world().instance({ ttl: '9s' });
    await locks.acquire('a');
    network.hangKeepAlives();
    await world().advance(3_000);
    expect(locks.sessions()[0]).toMatchObject({ keepAliveLagMs: 0 });
    await world().advance(2_000);
    expect(locks.sessions()[0]).toMatchObject({
      keepAliveLagMs: 2_000,
      remainingMs: 3_550,
    });

    network.heal();
    await world().advance(1_000);

    expect(locks.sessions()[0]!.keepAliveLagMs).toBe(0);
  });

  it('are gone when they are lost', async () => {
    const { locks, network } = world().instance({ ttl: '9s' });
    await locks.acquire('a');
    network.hangKeepAlives();
    await world().advance(9_000);
    expect(locks.sessions()).toEqual([]);
  });
});

describe('a client', () => {
  it('tells that it refuses new work', async () => {
    const { locks } = world().instance();
    expect(locks.drained).toBe(false);
    locks.drain();
    expect(locks.drained).toBe(true);
  });
});
