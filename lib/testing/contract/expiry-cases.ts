import assert from 'node:assert/strict';
import type { GrantedLease, WatchEvent } from '../../core/index.js';
import type { ContractTable, ContractWorld } from './contract-world.js';
import { assertRefused } from './refusal.js';
import { revisionOf } from './watch-recorder.js';

const SHORTEST_TTL_SECONDS = 2;

export const expiryCases: ContractTable = {
  'ends a lease that nobody renews, not before its time is up': async (
    world,
  ) => {
    const sent = world.now;
    const lease = await world.grant(SHORTEST_TTL_SECONDS);
    for (const name of ['x', 'y']) await world.put(name, '', lease.id);
    await world.put('free');
    const deletes = await untilDeleted(world, 2);
    for (const { at } of deletes) assertNotEarly(at - sent, lease);
    const [first, second] = deletes.map(({ event }) => revisionOf(event));
    assert.equal(first, second);
    assert.deepEqual(
      (await world.read()).keys.map(({ key }) => key),
      [world.key('free')],
    );
  },

  'counts the time of a lease from its last keep-alive': async (world) => {
    const lease = await world.grant(SHORTEST_TTL_SECONDS);
    await world.put('k', '', lease.id);
    let sent = world.now;
    for (let renewal = 0; renewal < 3; renewal += 1) {
      await world.advance(lease.ttlMs * 0.6);
      sent = world.now;
      const promised = await world.b.keepAlive(lease.id, world.call);
      assert.equal(promised, lease.ttlMs);
    }
    assert(await world.get('k'));
    const [deleted] = await untilDeleted(world, 1);
    assertNotEarly(deleted!.at - sent, lease);
  },

  'never brings back a lease that has ended': async (world) => {
    const { id } = await world.grant(SHORTEST_TTL_SECONDS);
    await world.put('k', '', id);
    await untilDeleted(world, 1);
    assert.equal(await world.a.keepAlive(id, world.call), 'gone');
    await assertRefused(world.put('k', '', id), 'lease-not-found');
    assert.equal(await world.a.keepAlive(id, world.call), 'gone');
    await world.a.revokeLease(id, world.call);
    assert.equal(await world.get('k'), undefined);
  },

  'spares a key that moved to a lease that is renewed': async (world) => {
    const short = await world.grant(SHORTEST_TTL_SECONDS);
    const long = await world.grant(60);
    for (const name of ['moved', 'stays']) await world.put(name, '', short.id);
    const created = (await world.get('moved'))?.createRevision;
    await world.put('moved', '', long.id);
    await untilDeleted(world, 1);
    const { keys } = await world.read();
    assert.deepEqual(
      keys.map(({ key, createRevision }) => [key, createRevision]),
      [[world.key('moved'), created]],
    );
  },
};

/** Waits for this many deletes and tells when each was heard. */
async function untilDeleted(
  world: ContractWorld,
  count: number,
): Promise<{ event: WatchEvent; at: number }[]> {
  const deletes: { event: WatchEvent; at: number }[] = [];
  await world.listen(world.all, {
    deletesOnly: true,
    onEvent: (event) => deletes.push({ event, at: world.now }),
  });
  await world.eventually(
    `${count} keys are deleted`,
    () => deletes.length >= count,
  );
  return deletes;
}

function assertNotEarly(elapsedMs: number, { ttlMs }: GrantedLease): void {
  assert(
    elapsedMs >= ttlMs,
    `a lease of ${ttlMs} ms ended ${elapsedMs} ms after it was last renewed`,
  );
}
