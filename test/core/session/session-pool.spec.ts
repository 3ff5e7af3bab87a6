import { clientContext } from '../support/client-context.js';
import { describe, expect, it } from 'vitest';
import { SessionPool } from '../../../lib/core/session/session-pool.js';
import { MemoryStore } from '../../../lib/memory/index.js';
import { ManualClock } from '../../../lib/testing/manual-clock.js';
import { follow } from '../support/follow.js';
import { Network } from '../support/network.js';
import { Traffic } from '../support/traffic.js';

function setUp() {
  const clock = new ManualClock();
  const network = new Network(new MemoryStore({ clock }), { clock });
  const store = new Traffic(network);
  const context = clientContext(store, clock);
  return { clock, network, store, pool: new SessionPool(context) };
}

describe('SessionPool', () => {
  it('shares one session between TTLs that are the same in whole seconds', async () => {
    const { pool, store } = setUp();
    const [a, b] = await Promise.all([
      pool.sharedFor(14_001).live(),
      pool.sharedFor(15_000).live(),
    ]);
    expect(a).toBe(b);
    expect(store.count('grantLease')).toBe(1);
    await pool.end();
  });

  it('never shares one that is for one lock, in either direction', async () => {
    const { pool, store } = setUp();
    const shared = await pool.sharedFor(15_000).live();
    const dedicated = await pool.dedicatedFor(15_000).live();
    const other = await pool.dedicatedFor(15_000).live();
    expect(new Set([shared, dedicated, other]).size).toBe(3);
    expect(await pool.sharedFor(15_000).live()).toBe(shared);
    expect(store.count('grantLease')).toBe(3);
    await pool.end();
  });

  it('opens another when one is over or retired', async () => {
    const { pool } = setUp();
    const source = pool.sharedFor(15_000);
    const first = await source.live();
    first.leaseIsGone();
    const second = await source.live();
    const user = second.enlist(() => {});
    second.retire();
    const third = await source.live();
    expect(new Set([first, second, third]).size).toBe(3);
    expect(pool.sessions).toEqual([second, third]);
    user.dismiss();
    expect(pool.sessions).toEqual([third]);
    await pool.end();
  });

  it('passes a failed grant on, and asks again the next time', async () => {
    const { pool, network } = setUp();
    network.refuse({ on: 'grantLease' });
    await expect(pool.sharedFor(15_000).live()).rejects.toMatchObject({
      reason: 'unavailable',
    });
    await expect(pool.sharedFor(15_000).live()).resolves.toBeDefined();
    await pool.end();
  });

  it('gives nobody a lease that was granted too late to rely on', async () => {
    const { clock, pool, network } = setUp();
    const answer = network.holdReplies({ on: 'grantLease' });
    const session = follow(pool.sharedFor(15_000).live());
    await clock.advance(0);
    clock.suspend(14_250);
    answer.lift();
    await clock.advance(0);
    expect(session.error).toMatchObject({ reason: 'timeout', retryable: true });
    expect(pool.sessions).toEqual([]);
  });

  it('ends all of them, also those that are just being opened', async () => {
    const { clock, pool, network, store } = setUp();
    await pool.sharedFor(5_000).live();
    const answer = network.holdReplies({ on: 'grantLease' });
    const opening = pool.sharedFor(15_000).live();
    await clock.advance(0);
    const ended = follow(pool.end());
    await clock.advance(0);
    expect(ended.state).toBe('pending');
    answer.lift();
    await clock.advance(0);
    expect(ended.state).toBe('resolved');
    expect((await opening).over).toBe(true);
    for (const lease of store.leases)
      expect(await store.keepAlive(lease, { timeoutMs: 1 })).toBe('gone');
    expect(clock.pendingTimers).toBe(0);
  });
});

describe('a session and those who use it', () => {
  it('tells each of them once that it is over', async () => {
    const { pool } = setUp();
    const session = await pool.sharedFor(15_000).live();
    const told: string[] = [];
    session.enlist(() => told.push('a'));
    const muted = session.enlist(() => told.push('b'));
    session.enlist(() => told.push('c')).dismiss();
    muted.mute();
    session.leaseIsGone();
    session.leaseIsGone();
    await session.end();
    expect(told).toEqual(['a']);
    expect(session.detail).toBe('its lease is gone in etcd');
  });

  it('ends with the last of them once it is retired, and not before', async () => {
    const { pool, store } = setUp();
    const session = await pool.sharedFor(15_000).live();
    const [a, b] = [session.enlist(() => {}), session.enlist(() => {})];
    session.retire();
    a.dismiss();
    a.dismiss();
    expect(session.over).toBe(false);
    b.dismiss();
    expect(session.over).toBe(true);
    expect(store.count('revokeLease')).toBe(1);
  });
});
