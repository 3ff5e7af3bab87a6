import { describe, expect, it } from 'vitest';
import { StoreError } from '../../lib/core/store/lock-store.js';
import {
  put,
  range,
  transactionOf,
} from '../../lib/testing/contract/operations.js';
import { call, everything, faulty, putting } from './faulty.js';

/** How a call has ended so far. */
function outcomeOf(answer: Promise<unknown>): { state: string } {
  const outcome = { state: 'pending' };
  answer.then(
    () => (outcome.state = 'resolved'),
    ({ reason, outcome: applied }: StoreError) =>
      (outcome.state = `${reason}, ${applied}`),
  );
  return outcome;
}

describe('FaultyStore', () => {
  it('passes everything on while no fault is in force', async () => {
    const { store, watch, cluster } = faulty();
    const recorder = watch();
    const { id, ttlMs } = await store.grantLease(5, call);
    await store.transact(transactionOf({ success: [put('k', 'v', id)] }), call);
    expect(await store.keepAlive(id, call)).toBe(ttlMs);
    expect(await store.read(range(everything), call)).toMatchObject({
      count: 1,
      revision: cluster.revision,
    });
    await store.revokeLease(id, call);
    await Promise.resolve();
    expect(recorder.createdAt).toBe(1n);
    expect(recorder.story).toEqual(['put k', 'delete k']);
  });

  it('refuses as many calls as it was told to, before they reach the store', async () => {
    const { store, cluster } = faulty();
    const fault = store.refuse({ times: 2 });
    for (const attempt of [
      store.transact(putting('k'), call),
      store.grantLease(5, call),
    ]) {
      await expect(attempt).rejects.toMatchObject({
        name: 'StoreError',
        reason: 'unavailable',
        outcome: 'not-applied',
      });
    }
    expect(cluster.revision).toBe(1n);
    expect(fault.hits).toBe(2);
    await store.transact(putting('k'), call);
    expect(fault.hits).toBe(2);
  });

  it('hits only the kind of call that it was told to', async () => {
    const { store } = faulty();
    store.refuse({ on: 'read' });
    await store.transact(putting('k'), call);
    await expect(store.read(range(everything), call)).rejects.toThrow(
      'unavailable',
    );
  });

  it('fails with the error that it was given', async () => {
    const { store, cluster } = faulty();
    const error = new StoreError('no-space', 'not-applied', 'full');
    store.refuse({ error });
    await expect(store.transact(putting('k'), call)).rejects.toBe(error);
    store.loseReplies({ error });
    await expect(store.transact(putting('k'), call)).rejects.toBe(error);
    expect(cluster.revision).toBe(2n);
  });

  it('puts faults in force one after the other', async () => {
    const { store, cluster } = faulty();
    store.refuse();
    store.loseReplies();
    await expect(store.transact(putting('a'), call)).rejects.toMatchObject({
      outcome: 'not-applied',
    });
    await expect(store.transact(putting('b'), call)).rejects.toMatchObject({
      outcome: 'unknown',
    });
    expect(cluster.revision).toBe(2n);
  });

  it('applies calls whose reply it loses', async () => {
    const { store, direct } = faulty();
    store.loseReplies();
    await expect(store.transact(putting('k'), call)).rejects.toMatchObject({
      reason: 'unavailable',
      outcome: 'unknown',
    });
    expect((await direct.read(range(everything))).count).toBe(1);
  });

  it('loses refusals of the store as well', async () => {
    const { store } = faulty();
    store.loseReplies();
    const invalid = transactionOf({ success: [put('k'), put('k')] });
    await expect(store.transact(invalid, call)).rejects.toMatchObject({
      reason: 'unavailable',
      outcome: 'unknown',
    });
  });

  it('holds replies until the fault is lifted', async () => {
    const { store, clock, cluster } = faulty();
    const fault = store.holdReplies();
    const answer = outcomeOf(store.transact(putting('k'), call));
    await clock.advance(999);
    expect(cluster.revision).toBe(2n);
    expect(answer.state).toBe('pending');
    fault.lift();
    await clock.advance(0);
    expect(answer.state).toBe('resolved');
    expect(clock.pendingTimers).toBe(0);
  });

  it('lets a call whose reply is held run into its timeout', async () => {
    const { store, clock } = faulty();
    const fault = store.holdReplies();
    const answer = outcomeOf(store.transact(putting('k'), call));
    await clock.advance(1000);
    expect(answer.state).toBe('timeout, unknown');
    fault.lift();
    await clock.advance(0);
  });

  it('lets a request arrive after its caller has given up', async () => {
    const { store, clock, cluster } = faulty();
    const fault = store.holdRequests();
    const answer = outcomeOf(store.transact(putting('k'), call));
    await clock.advance(1000);
    expect(answer.state).toBe('timeout, unknown');
    expect(cluster.revision).toBe(1n);
    fault.lift();
    await clock.advance(0);
    expect(cluster.revision).toBe(2n);
  });

  it('delays requests by the clock, or until the fault is lifted', async () => {
    const { store, clock, cluster } = faulty();
    const fault = store.delayRequests(100, { times: 2 });
    const first = outcomeOf(store.transact(putting('a'), call));
    await clock.advance(99);
    expect(cluster.revision).toBe(1n);
    await clock.advance(1);
    expect(cluster.revision).toBe(2n);
    expect(first.state).toBe('resolved');
    const second = outcomeOf(store.transact(putting('b'), call));
    fault.lift();
    await clock.advance(0);
    expect(second.state).toBe('resolved');
    expect(clock.pendingTimers).toBe(0);
  });

  it('hangs keep-alives and nothing else, so that the lease ends', async () => {
    const { store, clock } = faulty();
    const { id } = await store.grantLease(5, call);
    const fault = store.hangKeepAlives();
    for (let i = 1; i <= 5; i += 1) {
      const answer = outcomeOf(store.keepAlive(id, call));
      await clock.advance(1000);
      expect(answer.state).toBe('timeout, unknown');
    }
    expect(fault.hits).toBe(5);
    await store.transact(putting('k'), call);
    fault.lift();
    expect(await store.keepAlive(id, call)).toBe('gone');
  });

  it('hits nothing more after a fault was lifted', async () => {
    const { store } = faulty();
    store.refuse({ times: Infinity }).lift();
    await store.transact(putting('k'), call);
  });

  it('rejects the calls that hang, and ends the watches, when it closes', async () => {
    const { store, clock, watch } = faulty();
    store.holdReplies();
    store.holdWatches();
    const recorder = watch();
    const answer = outcomeOf(store.transact(putting('k'), call));
    await store.close();
    await clock.advance(0);
    expect(answer.state).toBe('closed, unknown');
    expect(recorder.calls).toEqual(['ended']);
    expect(recorder.endings[0]?.reason).toBe('closed');
    expect(clock.pendingTimers).toBe(0);
    await expect(store.transact(putting('k'), call)).rejects.toMatchObject({
      reason: 'closed',
    });
  });
});
