import assert from 'node:assert/strict';
import type { ContractTable } from './contract-world.js';
import { put } from './operations.js';
import { assertRefused } from './refusal.js';
import { revisionOf } from './watch-recorder.js';

export const leaseCases: ContractTable = {
  'grants a lease that lasts at least as long as asked': async (world) => {
    for (const seconds of [1, 2, 60, 3600]) {
      const { ttlMs } = await world.grant(seconds);
      assert(ttlMs >= seconds * 1000, `${ttlMs} ms for ${seconds} s`);
    }
  },

  'gives every lease an id of its own, whoever asks': async (world) => {
    const ids = new Set<bigint>();
    for (const store of [world.a, world.b, world.a]) {
      const { id } = await world.grant(60, store);
      assert(id > 0n);
      ids.add(id);
    }
    assert.equal(ids.size, 3);
  },

  'gives back the id of the lease that a key is attached to, digit by digit':
    async (world) => {
      const lease = await world.grant();
      await world.put('leased', '', lease.id);
      await world.put('free');
      assert.equal((await world.get('leased', world.b))?.lease, lease.id);
      assert.equal((await world.get('free', world.b))?.lease, 0n);
    },

  'renews a lease to its time to live': async (world) => {
    const { id, ttlMs } = await world.grant(30);
    assert.equal(await world.a.keepAlive(id, world.call), ttlMs);
    assert.equal(await world.b.keepAlive(id, world.call), ttlMs);
  },

  'tells how long a lease has left, to whoever asks, and does not renew it':
    async (world) => {
      const { id, ttlMs } = await world.grant(30);
      const first = await world.b.timeToLive(id, world.call);
      assert(typeof first === 'number' && first <= ttlMs && first > 0);
      await world.advance(2100);
      const later = await world.b.timeToLive(id, world.call);
      assert(typeof later === 'number' && later < first, `${later} ms`);
      await world.a.revokeLease(id, world.call);
      assert.equal(await world.b.timeToLive(id, world.call), 'gone');
    },

  'names the keys that are attached to a lease, and no others': async (
    world,
  ) => {
    const [lease, other] = [await world.grant(), await world.grant()];
    for (const name of ['x', 'y', 'z', 'ä/1'])
      await world.put(name, '', lease.id);
    await world.put('other', '', other.id);
    await world.put('free');
    await world.remove('y');
    const moved = await world.put('z', '', other.id);
    const { keys, revision } = await world.b.attachedKeys(lease.id, world.call);
    assert.deepEqual([...keys].sort(), [world.key('x'), world.key('ä/1')]);
    assert(revision >= moved, `${revision} is before ${moved}`);
    await world.a.revokeLease(lease.id, world.call);
    const left = await world.b.attachedKeys(lease.id, world.call);
    assert.deepEqual(left.keys, []);
  },

  'answers the keep-alive of a lease that is gone with gone': async (world) => {
    const { id } = await world.grant();
    await world.a.revokeLease(id, world.call);
    assert.equal(await world.a.keepAlive(id, world.call), 'gone');
    assert.equal(await world.b.keepAlive(id + 1n, world.call), 'gone');
  },

  'deletes all keys of a revoked lease at one revision, and no others': async (
    world,
  ) => {
    const { id } = await world.grant();
    const other = await world.grant();
    for (const name of ['x', 'y']) await world.put(name, '', id);
    await world.put('other', '', other.id);
    await world.put('free');
    const recorder = await world.listen();
    await world.a.revokeLease(id, world.call);
    const { keys, revision } = await world.read(world.all, world.b);
    assert.deepEqual(
      keys.map(({ key }) => key),
      [world.key('other'), world.key('free')],
    );
    await world.caughtUp(recorder);
    const deletes = recorder.heard.slice(0, 2);
    assert.deepEqual(recorder.story.slice(0, 2).sort(), [
      `delete ${world.key('x')}`,
      `delete ${world.key('y')}`,
    ]);
    assert.deepEqual(deletes.map(revisionOf), [revision, revision]);
  },

  'takes the revocation of a lease that is gone as success': async (world) => {
    const { id } = await world.grant();
    await world.a.revokeLease(id, world.call);
    for (const store of [world.a, world.b]) {
      await assert.doesNotReject(store.revokeLease(id, world.call));
    }
  },

  'refuses a transaction that puts under a lease that is gone, and applies nothing':
    async (world) => {
      const { id } = await world.grant();
      await world.a.revokeLease(id, world.call);
      const attempt = world.commit(
        world.a,
        put(world.key('before')),
        put(world.key('leased'), '', id),
      );
      await assertRefused(attempt, 'lease-not-found');
      assert.equal((await world.read()).count, 0);
    },

  'moves a key to the lease of its last put, with its create revision': async (
    world,
  ) => {
    const [from, to] = [await world.grant(), await world.grant()];
    const created = await world.put('k', '', from.id);
    await world.put('k', '', to.id);
    await world.a.revokeLease(from.id, world.call);
    const moved = await world.get('k');
    assert.equal(moved?.createRevision, created);
    assert.equal(moved.lease, to.id);
    await world.a.revokeLease(to.id, world.call);
    assert.equal(await world.get('k'), undefined);
  },

  'sets a key free of its lease by a put without one': async (world) => {
    const { id } = await world.grant();
    await world.put('k', '', id);
    await world.put('k');
    await world.a.revokeLease(id, world.call);
    assert.equal((await world.get('k'))?.lease, 0n);
  },

  'forgets the lease of a key that was deleted': async (world) => {
    const { id } = await world.grant();
    await world.put('k', '', id);
    await world.remove('k');
    const created = await world.put('k');
    await world.a.revokeLease(id, world.call);
    assert.equal((await world.get('k'))?.createRevision, created);
  },

  'keeps leases and their keys when the client that made them closes': async (
    world,
  ) => {
    const client = await world.connect();
    const { id, ttlMs } = await world.grant(60, client);
    await world.put('k', '', id, client);
    await client.close();
    assert.equal((await world.get('k'))?.lease, id);
    assert.equal(await world.a.keepAlive(id, world.call), ttlMs);
  },
};
