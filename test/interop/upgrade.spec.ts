import { afterEach, describe, expect, it } from 'vitest';
import type { Lock } from '../../lib/core/index.js';
import { LockWorld } from '../support/lock-world.js';
import { within } from '../support/wait-until.js';

const etcds = JSON.parse(process.env['INTEROP_ETCD']!) as Record<
  string,
  string
>;
const series = Object.keys(etcds);
/** etcd goes from one series to the next, and not further. */
const STEPS = series
  .slice(1)
  .map((to, index) => ({ from: series[index]!, to }))
  .filter(({ from, to }) => Number(to) - Number(from) < 0.11);

/** Longer than a member takes to start again on a busy machine. */
const TTL = '30s';

describe.each(STEPS)('an upgrade from $from to $to', ({ from, to }) => {
  let world: LockWorld;
  afterEach(() => world.stop());

  it('takes no lock from its holder, and serves those who wait in their order', async () => {
    world = await LockWorld.start({ members: 3, program: etcds[from]! });
    const holder = world.participant({ ttl: TTL });
    const first = await holder.locks.acquire('key');
    const turns: Promise<Lock>[] = [];
    let admitted = 0;
    const join = async () => {
      const { locks } = world.participant({ ttl: TTL });
      const turn = locks.acquire('key', { waitTimeout: Infinity });
      void turn.then(() => admitted++);
      turns.push(turn);
      await world.queued('key', turns.length + 1);
    };
    await join();
    for (const member of world.etcd.members) {
      await member.kill();
      member.use(etcds[to]!);
      await member.restart();
      // Of members of both, as long as there are both.
      await join();
    }
    expect({ held: first.held, admitted }).toEqual({ held: true, admitted: 0 });
    expect(holder.events.filter(({ type }) => type === 'lost')).toEqual([]);
    const tokens = [first.fencingToken];
    await first.release();
    for (const turn of turns) {
      const lock = await within(turn, 'the next turn');
      tokens.push(lock.fencingToken);
      expect(admitted).toBe(tokens.length - 1);
      await lock.release();
    }
    const sorted = [...tokens].sort((one, other) => (one < other ? -1 : 1));
    expect(tokens).toEqual(sorted);
    expect(new Set(tokens).size).toBe(5);
  });
});
