import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Contest, LockWorker } from '../support/lock-worker.js';
import { LockWorld } from '../support/lock-world.js';
import type { DirectoryRoom } from '../support/witness-room.js';
import type { Witness } from '../support/witness.js';

const PROCESSES = 4;
// Nothing is looked at again before a wait times out: every hand-over has to be heard of.
const TTL = 60_000;

describe('processes that contend for exclusive locks', () => {
  let world: LockWorld;
  let workers: LockWorker[];
  beforeAll(async () => {
    world = await LockWorld.start();
    workers = await world.workersOf(PROCESSES, { ttl: TTL });
  });
  afterAll(() => world.stop());

  let witnesses: Witness<DirectoryRoom>[] = [];
  afterEach(() => witnesses.splice(0).forEach(({ room }) => room.remove()));

  async function contend(
    contest: Pick<Contest, 'cycles' | 'callers' | 'keys'>,
  ): Promise<Witness<DirectoryRoom>> {
    const witness = world.witness();
    witnesses.push(witness);
    const company = 'exclusive';
    await Promise.all(
      workers.map((worker) =>
        worker.contend({
          ...contest,
          company,
          rooms: [witness.room.directory],
        }),
      ),
    );
    return witness;
  }

  function expectOneAtATime(witness: Witness, visits: number): void {
    expect(witness.violations).toEqual([]);
    expect(witness.seen).toHaveLength(visits);
    expect(new Set(witness.seen.map(({ pid }) => pid)).size).toBe(PROCESSES);
    const tokens = witness.seen.map(({ token }) => token);
    const growing = tokens.every(
      (one, at) => at === 0 || one > tokens[at - 1]!,
    );
    expect(growing, `tokens in the order of the holders: ${tokens}`).toBe(true);
  }

  it('hold one key one at a time, with tokens that grow from holder to holder', async () => {
    const witness = await contend({ keys: 'hot', cycles: 100 });
    expectOneAtATime(witness, PROCESSES * 100);
    expect(await world.names('locks/hot/')).toEqual([]);
  });

  it('hold one key one at a time with several callers in each process', async () => {
    const witness = await contend({ keys: 'crowded', cycles: 50, callers: 2 });
    expectOneAtATime(witness, PROCESSES * 50 * 2);
    expect(await world.names('locks/crowded/')).toEqual([]);
  });

  it('hold keys that are rarely wanted one at a time, each key for itself', async () => {
    const keys = ['cold:1', 'cold:2', 'cold:3', 'cold:4', 'cold:5'];
    const visited = await Promise.all(
      keys.map((key) => contend({ keys: key, cycles: 4 })),
    );
    for (const witness of visited) expectOneAtATime(witness, PROCESSES * 4);
    expect(await world.names('locks/cold')).toEqual([]);
  });
});
