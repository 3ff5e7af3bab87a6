import { setImmediate as turn } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { LockWorld, type Participant } from '../support/lock-world.js';
import { slowDisk } from '../support/slow-disk.js';
import { waitUntil } from '../support/wait-until.js';

const TTL = 3_000;

describe('an etcd whose disk', () => {
  let world: LockWorld;
  let tokens: bigint[];
  let inside: Set<bigint>;
  let most: number;
  beforeEach(async () => {
    world = await LockWorld.start({ fsync: true });
    [tokens, inside, most] = [[], new Set(), 0];
  });
  afterEach(() => world.stop());

  /** Holds the lock again and again, each time until it is lost or its work is done. */
  async function hold({ locks }: Participant, done: () => boolean) {
    while (!done()) {
      const lock = await locks.acquire('key', { waitTimeout: '5m' });
      tokens.push(lock.fencingToken);
      inside.add(lock.fencingToken);
      most = Math.max(most, inside.size);
      // No longer than it lasts; and etcd, which may hang, is not asked.
      const leave = () => inside.delete(lock.fencingToken);
      lock.signal.addEventListener('abort', leave);
      for (let turns = 0; turns < 5; turns++) await turn();
      leave();
      await lock.release();
    }
  }

  const losses = (participants: readonly Participant[]) =>
    participants.flatMap(({ events }) =>
      events.filter(({ type }) => type === 'lost'),
    );

  function expectOneAtATime(): void {
    expect(most).toBe(1);
    const sorted = [...tokens].sort((one, other) => (one < other ? -1 : 1));
    expect(tokens).toEqual(sorted);
    expect(new Set(tokens).size).toBe(tokens.length);
  }

  it('is slow keeps locks, and hands them over in order', async () => {
    const participants = [1, 2, 3].map(() => world.participant({ ttl: TTL }));
    const heal = await slowDisk(world.etcd.member.pid, 200);
    const done = () => tokens.length >= 12;
    await Promise.all(participants.map((one) => hold(one, done)));
    await heal();
    expect(losses(participants)).toEqual([]);
    expectOneAtATime();
  });

  it('hangs for longer than a TTL has nobody hold beside another, and all go on later', async () => {
    const participants = [1, 2, 3].map(() => world.participant({ ttl: TTL }));
    let healed = false;
    let before = 0;
    const running = participants.map((one) =>
      hold(one, () => healed && tokens.length >= before + 9),
    );
    await waitUntil(() => tokens.length >= 9);
    const heal = await slowDisk(world.etcd.member.pid, TTL * 2);
    // It says so when it is over.
    const { member } = world.etcd;
    await waitUntil(() => /slow fdatasync.*"took":"6\./.test(member.log), {
      timeoutMs: TTL * 20,
    });
    await heal();
    before = tokens.length;
    healed = true;
    await Promise.all(running);
    expectOneAtATime();
  });
});
