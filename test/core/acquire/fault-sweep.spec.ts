import { describe, expect, it } from 'vitest';
import { isLockError, type Lock } from '../../../lib/core/index.js';
import type { StoreCall } from '../../../lib/testing/fault.js';
import { MemoryRoom } from '../../support/witness-room.js';
import { Witness } from '../../support/witness.js';
import type { Network } from '../support/network.js';
import { type Instance, useWorld } from '../support/world.js';

const world = useWorld();

type Injected = (network: Network, on: StoreCall) => void;

function later(ms: number, lift: () => void): void {
  world().clock.setTimer(ms, lift);
}

/** What happens to one call. */
const faults: Record<string, Injected> = {
  'is refused': (network, on) => network.refuse({ on }),
  'is applied, and its answer is lost': (network, on) =>
    network.loseReplies({ on }),
  'is answered late': (network, on) =>
    later(1_000, network.holdReplies({ on }).lift),
  'arrives when its caller has just given up': (network, on) =>
    later(4_600, network.holdRequests({ on }).lift),
  'arrives long after its caller has given up': (network, on) =>
    later(9_000, network.holdRequests({ on }).lift),
};

/** Who does not wait has no time to try again. */
function unlessStoreFailed(error: unknown): void {
  if (!isLockError(error, 'LOCK_STORE')) throw error;
}

/** A busy time for two processes: every way to take, to wait and to give back. */
async function busyTime({ locks: a }: Instance, { locks: b }: Instance) {
  const onK = new Witness(new MemoryRoom());
  const onS = new Witness(new MemoryRoom());
  const pause = (ms: number) =>
    new Promise<void>((resolve) => world().clock.setTimer(ms, resolve));
  const options = { waitTimeout: Infinity };
  const leaves = new AbortController();
  const seeK = (lock: Lock) => onK.attend(lock, pause(10));
  const tasks = [
    a.withLock('k', options, seeK),
    b.withLock('k', options, seeK),
    a.withLock('k', { ...options, metadata: { second: true } }, seeK),
    a.withLock('k', { ...options, minHold: 300 }, seeK),
    a.withLock(['k', 'l'], options, seeK),
    a.acquire('k', { ...options, mode: 'shared', signal: leaves.signal }).then(
      (lock) => lock.release(),
      () => {},
    ),
    b.withLock(['l', 'k'], options, seeK),
    a.withLock('s', { ...options, permits: 2 }, (lock) =>
      onS.attend(lock, pause(30), 2),
    ),
    b.withLock('s', { ...options, permits: 2 }, (lock) =>
      onS.attend(lock, pause(20), 2),
    ),
    a.withLock('s', { ...options, permits: 2 }, (lock) =>
      onS.attend(lock, pause(10), 2),
    ),
    a.withLock('own', { ...options, dedicatedLease: true }, async () => {}),
    a.tryAcquire('t').then((lock) => lock?.release(), unlessStoreFailed),
  ];
  await pause(15);
  leaves.abort();
  await Promise.all(tasks);
  return { onK, onS };
}

const CALLS: Partial<Record<StoreCall, number>> = {
  transact: 12,
  grantLease: 3,
  revokeLease: 1,
};

describe.each(Object.entries(faults))('when a call %s', (_, inject) => {
  it.each(
    Object.entries(CALLS).flatMap(([on, count]) =>
      Array.from({ length: count }, (_none, at) => ({ on, nth: at + 1 })),
    ),
  )(
    '$on number $nth: all are served, alone, and nothing stays',
    async ({ on, nth }) => {
      const a = world().instance();
      const b = world().instance();
      let hit = false;
      a.traffic.before = (call, count) => {
        if (call !== on || count !== nth || hit) return;
        hit = true;
        inject(a.network, call);
      };
      const { onK, onS } = await world().outcome(busyTime(a, b), 60_000);
      expect(hit).toBe(true);
      expect(onK).toMatchObject({ violations: [], tokensGrow: true });
      expect(onK.tokens).toHaveLength(6);
      expect(onS.violations).toEqual([]);
      expect(a.events.filter(({ type }) => type === 'lost')).toEqual([]);
      await world().advance(10_000);
      for (const key of ['k', 'l', 's', 't', 'own'])
        expect(await world().tickets(key)).toEqual([]);
    },
  );
});
