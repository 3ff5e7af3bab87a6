import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Contest, LockWorker } from '../support/lock-worker.js';
import { LockWorld } from '../support/lock-world.js';
import type { DirectoryRoom } from '../support/witness-room.js';
import type { Witness } from '../support/witness.js';

// Nothing is looked at again before a wait times out: every hand-over has to be heard of.
const TTL = 60_000;

describe('processes that share', () => {
  let world: LockWorld;
  let workers: LockWorker[];
  beforeAll(async () => {
    world = await LockWorld.start();
    workers = await world.workersOf(3, { ttl: TTL });
  });
  afterAll(() => world.stop());

  let witnesses: Witness<DirectoryRoom>[] = [];
  afterEach(() => witnesses.splice(0).forEach(({ room }) => room.remove()));

  function newWitness(): Witness<DirectoryRoom> {
    const witness = world.witness();
    witnesses.push(witness);
    return witness;
  }

  const mostInside = ({ seen }: Witness) =>
    1 + Math.max(...seen.map(({ others }) => others));

  it('admit readers together and writers alone', async () => {
    const witness = newWitness();
    const contest = {
      keys: 'page',
      cycles: 15,
      rooms: [witness.room.directory],
    };
    const reading: Contest = {
      ...contest,
      company: 'shared',
      callers: 3,
      insideMs: 5,
      options: { mode: 'shared' },
    };
    const writing: Contest = { ...contest, company: 'exclusive' };
    await Promise.all(
      workers.flatMap((worker) => [
        worker.contend(reading),
        worker.contend(writing),
      ]),
    );
    expect(witness.violations).toEqual([]);
    expect(witness.seen).toHaveLength(3 * 15 * (3 + 1));
    expect(mostInside(witness)).toBeGreaterThan(1);
    for (const [at, { company, token }] of witness.seen.entries()) {
      if (company !== 'exclusive') continue;
      const others = witness.seen.map((visit) => visit.token);
      expect(others.slice(0, at).every((one) => one < token)).toBe(true);
      expect(others.slice(at + 1).every((one) => one > token)).toBe(true);
    }
    expect(await world.names('locks/page/')).toEqual([]);
  });

  it('admit as many holders as there are permits, and no more', async () => {
    const witness = newWitness();
    const contest: Contest = {
      keys: 'pool',
      cycles: 15,
      callers: 2,
      company: 2,
      rooms: [witness.room.directory],
      options: { permits: 2 },
      insideMs: 5,
    };
    await Promise.all(workers.map((worker) => worker.contend(contest)));
    expect(witness.violations).toEqual([]);
    expect(witness.seen).toHaveLength(3 * 15 * 2);
    expect(mostInside(witness)).toBe(2);
    expect(await world.names('locks/pool/')).toEqual([]);
  });

  it('take several keys in opposite orders without waiting for each other in a circle', async () => {
    const keys = ['left', 'middle', 'right'];
    const witnessOf = new Map(keys.map((key) => [key, newWitness()]));
    const orders = [
      ['left', 'right'],
      ['right', 'left'],
      ['middle', 'right', 'left'],
      ['left'],
      ['right', 'middle'],
    ];
    const contests = orders.map((order): Contest => ({
      keys: order,
      cycles: 10,
      company: 'exclusive',
      rooms: order.map((key) => witnessOf.get(key)!.room.directory),
    }));
    await Promise.all(
      workers.flatMap((worker) => contests.map((one) => worker.contend(one))),
    );
    for (const [key, { seen, violations }] of witnessOf) {
      expect(violations).toEqual([]);
      const users = orders.filter((order) => order.includes(key)).length;
      expect(seen).toHaveLength(3 * 10 * users);
      const tokens = seen.map(({ token }) => token);
      expect(tokens).toEqual([...tokens].sort((a, b) => (a < b ? -1 : 1)));
      expect(new Set(tokens).size).toBe(tokens.length);
    }
    expect(await world.names()).toEqual([]);
  });

  it('hand over when the release and the next request travel in one commit', async () => {
    const locks = world.locks({ ttl: TTL, waitTimeout: '3s' });
    const turns = async (count: number) => {
      for (let turn = 0; turn < count; turn++) await Promise.resolve();
    };
    // What becomes ready while a commit is under way goes together in the next one.
    for (let apart = 0; apart < 20; apart++) {
      const reader = await locks.acquire('tandem', { mode: 'shared' });
      const elsewhere = locks.acquire('elsewhere');
      await turns(apart);
      const next = locks.acquire('tandem');
      await turns(apart);
      void reader.release();
      const writer = await next;
      expect(writer.fencingToken).toBeGreaterThan(reader.fencingToken);
      await writer.release();
      await (await elsewhere).release();
    }
  });
});
