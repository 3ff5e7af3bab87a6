import assert from 'node:assert/strict';
import type { ContractTable } from './contract-world.js';
import { WatchRecorder } from './watch-recorder.js';

export const watchEndCases: ContractTable = {
  'is silent after cancel, while other watches go on': async (world) => {
    const cancelled = await world.listen();
    const other = await world.listen();
    await world.put('before');
    await world.eventually('the first put is heard', () =>
      cancelled.hasHeard(world.key('before')),
    );
    cancelled.watch?.cancel();
    cancelled.watch?.cancel();
    await world.put('after');
    await world.caughtUp(other);
    assert(other.hasHeard(world.key('after')));
    assert.deepEqual(cancelled.story, [`put ${world.key('before')}`]);
    assert.deepEqual(cancelled.endings, []);
  },

  'is silent from the start when cancelled before it was created': async (
    world,
  ) => {
    const cancelled = new WatchRecorder();
    world.a.watch(world.all, cancelled).cancel();
    const other = await world.listen();
    await world.put('k');
    await world.caughtUp(other);
    assert.deepEqual(cancelled.calls, []);
  },

  'is silent at once when cancelled from inside the listener': async (
    world,
  ) => {
    const cancelled = await world.listen(world.all, {
      onEvent: () => cancelled.watch?.cancel(),
    });
    const other = await world.listen();
    for (const name of ['x', 'y', 'z']) await world.put(name);
    await world.caughtUp(other);
    assert.deepEqual(cancelled.story, [`put ${world.key('x')}`]);
  },

  'watches again after a watch was cancelled as silent': async (world) => {
    const first = await world.listen();
    first.watch?.cancel('silent');
    const second = await world.listen();
    await world.put('k');
    await world.caughtUp(second);
    assert(second.hasHeard(world.key('k')));
    assert.deepEqual(first.heard, []);
  },

  'ends its watches, once and for all, when the store closes': async (
    world,
  ) => {
    const client = await world.connect();
    const ended = await world.listen(world.all, { store: client });
    const cancelled = await world.listen(world.all, { store: client });
    const other = await world.listen();
    cancelled.watch?.cancel();
    await client.close();
    await world.eventually(
      'the watch is told of its end',
      () => ended.endings.length > 0,
    );
    await world.put('k');
    await world.caughtUp(other);
    assert.deepEqual(ended.calls, ['created', 'ended']);
    assert.equal(ended.endings[0]?.name, 'StoreError');
    assert.equal(ended.endings[0].reason, 'closed');
    assert.deepEqual(cancelled.calls, ['created']);
    assert.deepEqual(other.endings, []);
  },

  'ends a watch on a closed store, but not from inside the call': async (
    world,
  ) => {
    const client = await world.connect();
    await client.close();
    const recorder = new WatchRecorder();
    client.watch(world.all, recorder);
    assert.deepEqual(recorder.calls, []);
    await world.eventually(
      'the watch is told of its end',
      () => recorder.endings.length > 0,
    );
    assert.equal(recorder.endings[0]?.reason, 'closed');
    assert.deepEqual(recorder.heard, []);
  },
};
