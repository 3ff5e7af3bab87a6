import assert from 'node:assert/strict';
import type { Revision } from '../../core/index.js';
import type { ContractTable } from './contract-world.js';
import { put, remove } from './operations.js';
import { revisionOf, WatchRecorder } from './watch-recorder.js';

export const watchCases: ContractTable = {
  'creates a watch later than the call, and before it tells anything': async (
    world,
  ) => {
    const before = await world.put('k');
    const recorder = new WatchRecorder();
    world.b.watch(world.all, recorder);
    assert.equal(recorder.calls.length, 0);
    await world.eventually(
      'the watch is created',
      () => recorder.createdAt !== undefined,
    );
    await world.caughtUp(recorder);
    assert.equal(recorder.calls.indexOf('created'), 0);
    assert.equal(recorder.calls.lastIndexOf('created'), 0);
    assert(recorder.createdAt! <= before);
  },

  'tells every change after the revision it was created at, in order': async (
    world,
  ) => {
    const written: Revision[] = [];
    const write = async () => {
      for (let i = 0; i < 30; i += 1) {
        written.push(await world.put(`k${i % 3}`, `${i}`, undefined, world.b));
        written.push(await world.remove(`k${i % 3}`, world.b));
      }
    };
    const recorders: WatchRecorder[] = [];
    const listen = async () => {
      for (let i = 0; i < 4; i += 1) recorders.push(await world.listen());
    };
    await Promise.all([write(), listen()]);
    for (const recorder of recorders) {
      await world.caughtUp(recorder);
      const created = recorder.createdAt!;
      const told = recorder.all
        .map(revisionOf)
        .filter((revision) => revision <= written.at(-1)!);
      const after = (all: readonly Revision[]) =>
        all.filter((revision) => revision > created);
      assert.deepEqual(after(told), after(written));
      // etcd 3.7 begins a watch before it looks which revision to name: what happened meanwhile is
      // told as well.
      assert.deepEqual(told, written.slice(written.length - told.length));
    }
  },

  'misses nothing that is written right after it was created': async (
    world,
  ) => {
    for (let round = 0; round < 10; round += 1) {
      const name = `k${round}`;
      const recorder = new WatchRecorder();
      const written = new Promise((resolve) => {
        world.a.watch(world.all, {
          created: () => resolve(world.put(name, '', undefined, world.b)),
          events: (events) => recorder.events(events),
          ended: (error) => recorder.ended(error),
        });
      });
      const heard = world.eventually(`the watch hears of ${name}`, () =>
        recorder.hasHeard(world.key(name)),
      );
      await Promise.all([written, heard]);
    }
  },

  'tells what a put stored': async (world) => {
    const lease = await world.grant();
    await world.put('k', 'one');
    const recorder = await world.listen();
    await world.put('k', 'two', lease.id, world.b);
    const stored = await world.get('k');
    await world.caughtUp(recorder);
    assert.deepEqual(recorder.heard[0], { kind: 'put', stored });
  },

  'tells all changes of a transaction with its revision': async (world) => {
    await world.put('old');
    const recorder = await world.listen();
    const { revision } = await world.commit(
      world.b,
      put(world.key('x')),
      remove(world.key('old')),
      put(world.key('y')),
    );
    await world.caughtUp(recorder);
    assert.deepEqual(recorder.story.slice(0, 3).sort(), [
      `delete ${world.key('old')}`,
      `put ${world.key('x')}`,
      `put ${world.key('y')}`,
    ]);
    assert.deepEqual(recorder.heard.slice(0, 3).map(revisionOf), [
      revision,
      revision,
      revision,
    ]);
  },

  'tells every delete of a key that keeps coming back': async (world) => {
    const recorder = await world.listen({ key: world.key('k') });
    const expected: [string, Revision][] = [];
    for (let i = 0; i < 5; i += 1) {
      expected.push(['put', await world.put('k', '', undefined, world.b)]);
      expected.push(['delete', await world.remove('k', world.b)]);
    }
    await world.eventually('the last delete is heard', () =>
      recorder.heard.some((event) => revisionOf(event) === expected.at(-1)![1]),
    );
    assert.deepEqual(
      recorder.heard.map((event) => [event.kind, revisionOf(event)]),
      expected,
    );
  },

  'tells deletes only when asked to': async (world) => {
    const recorder = await world.listen(world.all, { deletesOnly: true });
    await world.put('k');
    await world.put('k');
    const deleted = await world.remove('k');
    await world.caughtUp(recorder);
    assert.deepEqual(recorder.heard, [
      { kind: 'delete', key: world.key('k'), modRevision: deleted },
      {
        kind: 'delete',
        key: world.key('marker'),
        modRevision: (await world.read()).revision,
      },
    ]);
  },

  'tells of its own key or range only': async (world) => {
    const single = await world.listen({ key: world.key('a') });
    const ranged = await world.listen({
      key: world.key('a/'),
      end: world.key('a0'),
    });
    const everything = await world.listen();
    for (const name of ['a/', 'a/x', 'a', 'a0', 'b']) {
      await world.put(name);
      await world.remove(name);
    }
    await world.caughtUp(everything);
    await world.caughtUp(ranged, 'a/marker');
    await world.put('a', 'last');
    await world.eventually('the last put is heard', () =>
      single.heard.some(
        (event) => event.kind === 'put' && event.stored.value === 'last',
      ),
    );
    const tale = (...names: string[]) =>
      names.flatMap((name) => [
        `put ${world.key(name)}`,
        `delete ${world.key(name)}`,
      ]);
    assert.deepEqual(single.story, [...tale('a'), `put ${world.key('a')}`]);
    assert.deepEqual(ranged.story, tale('a/', 'a/x', 'a/marker'));
    assert.deepEqual(
      everything.story.slice(0, 12),
      tale('a/', 'a/x', 'a', 'a0', 'b', 'marker'),
    );
  },

  'tells many watches the same': async (world) => {
    const recorders = [];
    for (let i = 0; i < 10; i += 1) {
      const store = i % 2 ? world.a : world.b;
      recorders.push(await world.listen(world.all, { store }));
    }
    await world.put('k');
    await world.remove('k');
    const expected = [`put ${world.key('k')}`, `delete ${world.key('k')}`];
    for (const recorder of recorders) {
      await world.eventually(
        'every watch has heard both changes',
        () => recorder.heard.length >= 2,
      );
      assert.deepEqual(recorder.story, expected);
    }
  },
};
