import { describe, expect, it } from 'vitest';
import { StoreError } from '../../lib/core/store/lock-store.js';
import { WatchRecorder } from '../../lib/testing/contract/watch-recorder.js';
import { call, everything, faulty, putting } from './faulty.js';

describe('the watches of FaultyStore', () => {
  it('holds back what watches hear, and tells it in order when lifted', async () => {
    const { store, clock, watch } = faulty();
    const before = watch();
    await clock.advance(0);
    const fault = store.holdWatches();
    const during = watch();
    for (const key of ['a', 'b']) await store.transact(putting(key), call);
    await clock.advance(0);
    expect(before.calls).toEqual(['created']);
    expect(during.calls).toEqual([]);
    fault.lift();
    await store.transact(putting('c'), call);
    await clock.advance(0);
    for (const recorder of [before, during]) {
      expect(recorder.calls[0]).toBe('created');
      expect(recorder.story).toEqual(['put a', 'put b', 'put c']);
    }
  });

  it('holds watches back until the last of several faults is lifted', async () => {
    const { store, clock, watch } = faulty();
    const faults = [store.holdWatches(), store.holdWatches()];
    const recorder = watch();
    faults[0]!.lift();
    faults[0]!.lift();
    await clock.advance(0);
    expect(recorder.calls).toEqual([]);
    faults[1]!.lift();
    expect(recorder.calls).toEqual(['created']);
  });

  it('is silent about a watch that was cancelled while it was held back', async () => {
    const { store, clock, watch } = faulty();
    const fault = store.holdWatches();
    const recorder = watch();
    await clock.advance(0);
    recorder.watch?.cancel();
    fault.lift();
    await clock.advance(0);
    expect(recorder.calls).toEqual([]);
  });

  it('is silent about the rest when cancelled while it catches up', async () => {
    const { store, clock } = faulty();
    const fault = store.holdWatches();
    const recorder: WatchRecorder = new WatchRecorder(0n, () =>
      recorder.watch?.cancel(),
    );
    recorder.watch = store.watch(everything, recorder);
    for (const key of ['a', 'b']) await store.transact(putting(key), call);
    await clock.advance(0);
    fault.lift();
    expect(recorder.story).toEqual(['put a']);
  });

  it('does not tell a watch of its end that is cancelled just then', async () => {
    const { store, clock, watch } = faulty();
    const recorder = watch();
    await clock.advance(0);
    store.endWatches();
    recorder.watch?.cancel();
    await clock.advance(0);
    expect(recorder.calls).toEqual(['created']);
  });

  it('ends the open watches once, with what they missed lost', async () => {
    const { store, clock, watch } = faulty();
    const [open, cancelled] = [watch(), watch()];
    await clock.advance(0);
    cancelled.watch?.cancel();
    const fault = store.holdWatches();
    await store.transact(putting('k'), call);
    store.endWatches(new StoreError('compacted', 'not-applied', 'compacted'));
    expect(open.endings).toEqual([]);
    fault.lift();
    await store.transact(putting('l'), call);
    await clock.advance(0);
    expect(open.calls).toEqual(['created', 'ended']);
    expect(open.endings[0]?.reason).toBe('compacted');
    expect(cancelled.calls).toEqual(['created']);
    const next = watch();
    await clock.advance(0);
    expect(next.calls).toEqual(['created']);
  });
});
