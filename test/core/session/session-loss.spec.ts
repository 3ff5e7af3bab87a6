import { describe, expect, it } from 'vitest';
import type { Lock, LockEvent } from '../../../lib/core/index.js';
import { useWorld } from '../support/world.js';

const world = useWorld();

const at = (events: readonly LockEvent[], type: LockEvent['type']) =>
  events.find((event) => event.type === type)?.at;

/** Notes when the ticket of a key is deleted in the cluster, and whether `lock` is held then. */
function watchTicket(key: string, lock: () => Lock) {
  const seen: { at?: number; held?: boolean; remaining?: number } = {};
  const watch = world().store.watch(
    { key: `locks/${key}/`, end: `locks/${key}0` },
    {
      created: () => {},
      ended: () => {},
      events: () => {
        seen.at = world().clock.now().wall;
        seen.held = lock().held;
        seen.remaining = lock().remaining();
        watch.cancel();
      },
    },
    { deletesOnly: true },
  );
  return seen;
}

describe('a holder that is cut off', () => {
  it.each(
    ['2s', '3s', '10s', '60s'].flatMap((ttl) =>
      [0, 0.1, 0.33, 0.34, 0.6, 0.99, 1.5].map((phase) => ({ ttl, phase })),
    ),
  )(
    'stops being held before etcd ends a lease of $ttl, cut off at $phase of it',
    async ({ ttl, phase }) => {
      const ttlMs = parseInt(ttl) * 1_000;
      const { locks, network } = world().instance();
      const lock = await locks.acquire('k', { ttl: ttl as '2s' });
      const { signal } = lock;
      let abortedAt: number | undefined;
      signal.addEventListener('abort', () => {
        abortedAt = world().clock.now().wall;
      });
      await world().advance(ttlMs * phase);
      network.cut();
      const ticket = watchTicket('k', () => lock);
      await world().advance(2 * ttlMs);
      expect(ticket.held).toBe(false);
      expect(ticket.remaining).toBe(0);
      expect(abortedAt).toBeLessThanOrEqual(ticket.at! - 250);
      expect(signal.reason).toMatchObject({
        code: 'LOCK_LOST',
        reason: 'session',
      });
    },
  );

  it('is warned before it loses its locks', async () => {
    const { locks, network, events } = world().instance();
    await locks.acquire('k');
    network.hangKeepAlives();
    await world().advance(15_000);
    const late = events.find((event) => event.type === 'renewal-late')!;
    expect(late.remainingMs).toBe(5_000);
    expect(at(events, 'session-lost')! - late.at).toBe(5_000);
    expect(at(events, 'lost')).toBe(at(events, 'session-lost'));
    expect(events.filter(({ type }) => type === 'renewal-late')).toHaveLength(
      1,
    );
  });

  it('is warned again after it had recovered, and never in good times', async () => {
    const { locks, network, events } = world().instance();
    const lock = await locks.acquire('k');
    const warnings = () =>
      events.filter(({ type }) => type === 'renewal-late').length;
    await world().advance(60_000);
    expect(warnings()).toBe(0);
    network.refuse({ on: 'keepAlive', times: Infinity });
    await world().advance(11_000);
    expect(warnings()).toBe(1);
    network.heal();
    await world().advance(30_000);
    expect(warnings()).toBe(1);
    network.refuse({ on: 'keepAlive', times: Infinity });
    await world().advance(9_500);
    expect(warnings()).toBe(2);
    expect(lock.held).toBe(true);
  });

  it('tries every tenth of the TTL, also while a call hangs', async () => {
    const { locks, network, traffic } = world().instance();
    await locks.acquire('k');
    network.hangKeepAlives();
    await world().advance(4_999);
    expect(traffic.count('keepAlive')).toBe(0);
    await world().advance(1);
    expect(traffic.count('keepAlive')).toBe(1);
    await world().advance(6_000);
    expect(traffic.count('keepAlive')).toBe(5);
  });

  it('goes on when a later attempt succeeds, at the usual pace', async () => {
    const { locks, network, traffic } = world().instance();
    const lock = await locks.acquire('k');
    network.refuse({ on: 'keepAlive', times: 3 });
    await world().advance(9_500);
    expect(traffic.count('keepAlive')).toBe(4);
    expect(lock.remaining()).toBe(14_250);
    await world().advance(4_999);
    expect(traffic.count('keepAlive')).toBe(4);
    await world().advance(60_000);
    expect(lock.held).toBe(true);
  });

  it('counts a late answer from its request', async () => {
    const { locks, network } = world().instance();
    const lock = await locks.acquire('k');
    const held = network.holdReplies({ on: 'keepAlive' });
    network.hangKeepAlives();
    await world().advance(9_000);
    held.lift();
    await world().settle();
    expect(lock.remaining()).toBe(5_000 + 14_250 - 9_000);
    await world().advance(10_250);
    expect(lock.held).toBe(false);
  });

  it('does not come back when an answer comes after the loss', async () => {
    const { locks, network } = world().instance();
    const lock = await locks.acquire('k');
    // A machine that slept: the answer is there before any timer could have fired.
    const held = network.holdReplies({ on: 'keepAlive' });
    await world().advance(6_000);
    world().clock.suspend(14_000);
    expect(lock.held).toBe(false);
    held.lift();
    await world().settle();
    expect(lock.held).toBe(false);
    expect(lock.remaining()).toBe(0);
    expect(() => lock.assertHeld()).toThrow(/could not be renewed in time/);
  });
});

describe('a holder whose process or clocks misbehave', () => {
  it('knows synchronously after the event loop was stalled, before any timer fires', async () => {
    const { locks } = world().instance();
    const lock = await locks.acquire('k');
    const { signal } = lock;
    world().clock.stall(14_249);
    expect(lock.held).toBe(true);
    world().clock.stall(1);
    expect(lock.held).toBe(false);
    expect(signal.aborted).toBe(true);
    expect(() => lock.assertHeld()).toThrow(
      expect.objectContaining({ code: 'LOCK_LOST', reason: 'session' }),
    );
  });

  it.each<[string, (lock: Lock) => boolean]>([
    ['remaining', (lock) => lock.remaining() === 0],
    ['held, and then its signal', (lock) => !lock.held && lock.signal.aborted],
  ])('asks the clocks also in %s', async (_, tellsLoss) => {
    const { locks } = world().instance();
    const lock = await locks.acquire('k');
    world().clock.stall(20_000);
    expect(tellsLoss(lock)).toBe(true);
  });

  it('knows after the machine slept, though the monotonic clock stood still', async () => {
    const { locks } = world().instance();
    const lock = await locks.acquire('k');
    world().clock.suspend(14_250);
    expect(lock.held).toBe(false);
  });

  describe.each<[string, (lock: Lock) => Promise<unknown>]>([
    ['its watch', () => Promise.resolve()],
    ['a guarded transaction', (lock) => lock.transaction({})],
  ])('and that hears from %s that its ticket is gone', (_, call) => {
    async function hearAfter(ms: number) {
      const { locks, network } = world().instance();
      const lock = await locks.acquire('k');
      const [ticket] = await world().tickets('k');
      network.holdReplies({ on: 'transact' });
      network.holdWatches();
      await world().remove(ticket!.key);
      const told = call(lock).catch((error: unknown) => error);
      await world().settle();
      world().clock.stall(ms);
      network.heal();
      const error = await world().outcome(told);
      return error ?? lock.signal.reason;
    }

    it('lost it by the end of its lease, if that is over by now', async () => {
      expect(await hearAfter(14_250)).toMatchObject({ reason: 'session' });
    });

    it('lost it to somebody else, if it is not', async () => {
      expect(await hearAfter(14_249)).toMatchObject({ reason: 'taken' });
    });
  });

  it('is not deceived by a wall clock that is stepped back', async () => {
    const { locks, network } = world().instance();
    const lock = await locks.acquire('k');
    world().clock.stepWall(-3_600_000);
    await world().advance(60_000);
    expect(lock.held).toBe(true);
    network.cut();
    world().clock.stepWall(-3_600_000);
    await world().advance(14_250);
    expect(lock.held).toBe(false);
  });

  it('may give up early, but does not hold on, when the wall clock is stepped forward', async () => {
    const { locks } = world().instance();
    const lock = await locks.acquire('k');
    world().clock.stepWall(5_000);
    expect(lock.remaining()).toBe(9_250);
    world().clock.stepWall(3_600_000);
    expect(lock.held).toBe(false);
  });
});
