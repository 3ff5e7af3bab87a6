import { describe, expect, it } from 'vitest';
import type { Clock } from '../../lib/core/time/clock.js';
import type { LeaseId } from '../../lib/core/store/lock-store.js';
import { MemoryCluster } from '../../lib/memory/index.js';
import { ManualClock } from '../../lib/testing/manual-clock.js';
import {
  put,
  range,
  transactionOf,
} from '../../lib/testing/contract/operations.js';
import { WatchRecorder } from '../../lib/testing/contract/watch-recorder.js';

const everything = { key: '\0', end: '\uffff' };

function cluster(clock: Clock = new ManualClock()) {
  const shared = new MemoryCluster({ clock });
  const putKeys = (lease: LeaseId, ...keys: string[]) =>
    shared.transact(
      transactionOf({ success: keys.map((key) => put(key, '', lease)) }),
    );
  const keys = () =>
    shared.read(range(everything)).keys.map((stored) => stored.key);
  return { shared, putKeys, keys };
}

describe('MemoryCluster', () => {
  it('begins at revision 1', () => {
    const { shared, putKeys } = cluster();
    expect(shared.revision).toBe(1n);
    putKeys(0n, 'a', 'b');
    expect(shared.revision).toBe(2n);
  });

  it('reads keys of one revision in key order', () => {
    const { putKeys, keys } = cluster();
    putKeys(0n, 'c', 'a', 'b');
    expect(keys()).toEqual(['a', 'b', 'c']);
  });

  it('takes a limit of 0 for none, as etcd does', () => {
    const { shared, putKeys } = cluster();
    putKeys(0n, 'a', 'b');
    expect(shared.read(range(everything, { limit: 0 })).keys).toHaveLength(2);
  });

  it('refuses to read without a key', () => {
    const { shared } = cluster();
    expect(() => shared.read(range({ key: '' }))).toThrow(
      expect.objectContaining({ reason: 'invalid' }),
    );
  });

  it('grants whole seconds, at least the minimum', () => {
    const { shared } = cluster();
    expect(shared.grantLease(1).ttlMs).toBe(2000);
    expect(shared.grantLease(3).ttlMs).toBe(3000);
    const patient = new MemoryCluster({ minimumTtlSeconds: 5 });
    const { id, ttlMs } = patient.grantLease(1);
    patient.revokeLease(id);
    expect(ttlMs).toBe(5000);
  });

  it.each([1.5, NaN, Infinity, 9_000_000_001])(
    'refuses a lease of %d seconds',
    (seconds) => {
      const { shared } = cluster();
      expect(() => shared.grantLease(seconds)).toThrow(
        expect.objectContaining({ reason: 'invalid', outcome: 'not-applied' }),
      );
    },
  );

  it('names leases by ids that no number can hold', () => {
    const { shared } = cluster();
    const { id } = shared.grantLease(60);
    expect(BigInt(Number(id))).not.toBe(id);
  });

  it('ends a lease when its time is up, and not a moment earlier', async () => {
    const clock = new ManualClock();
    const { shared, putKeys, keys } = cluster(clock);
    putKeys(shared.grantLease(5).id, 'k');
    await clock.advance(4999);
    expect(keys()).toEqual(['k']);
    await clock.advance(1);
    expect(keys()).toEqual([]);
    expect(shared.revision).toBe(3n);
    expect(clock.pendingTimers).toBe(0);
  });

  it('does not believe a timer that fires early', async () => {
    const clock = new ManualClock();
    const { shared, putKeys, keys } = cluster({
      now: () => clock.now(),
      setTimer: (ms, fire) => clock.setTimer(ms - Math.min(ms, 2) / 2, fire),
    });
    putKeys(shared.grantLease(5).id, 'k');
    await clock.advance(4999.4);
    expect(keys()).toEqual(['k']);
    await clock.advance(1);
    expect(keys()).toEqual([]);
  });

  it('does not renew a lease whose time is up although its timer is late', () => {
    const clock = new ManualClock();
    const { shared, putKeys, keys } = cluster(clock);
    const { id } = shared.grantLease(5);
    putKeys(id, 'k');
    clock.stall(5000);
    expect(shared.keepAlive(id)).toBe('gone');
    expect(keys()).toEqual([]);
    expect(clock.pendingTimers).toBe(0);
  });

  it('goes by the monotonic clock, as etcd does', async () => {
    const clock = new ManualClock();
    const { shared, putKeys, keys } = cluster(clock);
    const { id } = shared.grantLease(5);
    putKeys(id, 'k');
    clock.stepWall(3_600_000);
    await clock.advance(0);
    expect(shared.keepAlive(id)).toBe(5000);
    expect(keys()).toEqual(['k']);
  });

  it('keeps one timer a lease, however often it is renewed', async () => {
    const clock = new ManualClock();
    const { shared } = cluster(clock);
    const { id } = shared.grantLease(5);
    for (let i = 0; i < 10; i += 1) {
      await clock.advance(2000);
      shared.keepAlive(id);
    }
    expect(clock.pendingTimers).toBe(1);
    shared.revokeLease(id);
    expect(clock.pendingTimers).toBe(0);
  });

  it('does not keep the process alive for its leases', () => {
    const kept: unknown[] = [];
    const { shared } = cluster({
      now: () => ({ mono: 0, wall: 0 }),
      setTimer: (_ms, _fire, options) => {
        kept.push(options?.keepAlive ?? false);
        return () => {};
      },
    });
    shared.grantLease(5);
    expect(kept).toEqual([false]);
  });

  it('does not call a watch about changes that are not for it', async () => {
    const { shared, putKeys } = cluster();
    const recorder = new WatchRecorder();
    shared.watch({ key: 'k' }, recorder, false);
    putKeys(0n, 'other');
    await Promise.resolve();
    expect(recorder.calls).toEqual(['created']);
  });

  it('ends a lease on demand, deleting its keys in key order', async () => {
    const { shared, putKeys, keys } = cluster();
    const { id } = shared.grantLease(60);
    putKeys(id, 'b', 'a');
    putKeys(0n, 'free');
    const recorder = new WatchRecorder();
    shared.watch(everything, recorder, false);
    shared.revokeLease(id);
    await Promise.resolve();
    expect(recorder.heard).toEqual([
      { kind: 'delete', key: 'a', modRevision: 4n },
      { kind: 'delete', key: 'b', modRevision: 4n },
    ]);
    expect(keys()).toEqual(['free']);
    shared.revokeLease(id);
    expect(shared.revision).toBe(4n);
  });
});
