import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { LateBytes } from '../support/late-bytes.js';
import { LockWorld, type Participant } from '../support/lock-world.js';
import { waitUntil } from '../support/wait-until.js';

describe('a request that arrives long after it was given up', () => {
  let world: LockWorld;
  let way: LateBytes;
  let client: Participant;
  beforeEach(async () => {
    world = await LockWorld.start();
    way = await LateBytes.start(world.etcd.member.clientPort);
    client = world.participant({ hosts: [way.endpoint], ttl: '4s' });
    await (await client.locks.acquire('before')).release();
  });
  afterEach(async () => {
    await world.leave();
    way.close();
    await world.stop();
  });

  it('leaves no ticket behind that nobody knows of', async () => {
    way.holdBack();
    const turn = client.locks.acquire('late');
    await way.heldBack('locks/late/');
    // Asked again on another connection.
    const lock = await turn;
    await lock.release();
    expect(await world.names('locks/late/')).toEqual([]);

    await way.arrive();
    expect(await world.names('locks/late/')).toEqual([]);
    await (await world.locks().acquire('late')).release();
  });

  it('does not put a ticket back for a caller who has left', async () => {
    way.holdBack();
    const told = expect(
      client.locks.acquire('left', { waitTimeout: '1s' }),
    ).rejects.toMatchObject({ code: 'LOCK_STORE' });
    await way.heldBack('locks/left/');
    await told;
    // The removal goes on behind the caller's back.
    const fenced = async () => (await world.names('locks/@fence/')).length > 0;
    await waitUntil(fenced);

    await way.arrive();
    expect(await world.names('locks/left/')).toEqual([]);
  });

  it('does not delete a ticket that was put since', async () => {
    const first = await client.locks.acquire('again');
    way.holdBack();
    const released = first.release();
    await way.heldBack('locks/again/');
    await released;
    await waitUntil(
      async () => (await world.names('locks/again/')).length === 0,
    );
    const second = await client.locks.acquire('again');
    const standing = await world.queued('again', 1);

    await way.arrive();
    expect(await world.queued('again', 1)).toEqual(standing);
    expect(second.held).toBe(true);
  });
});
