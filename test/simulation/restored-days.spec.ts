import { describe, expect, it } from 'vitest';
import type { Lock } from '../../lib/core/index.js';
import type { MemoryClusterBackup } from '../../lib/memory/index.js';
import { refusal } from '../core/support/network.js';
import { type Instance, useWorld } from '../core/support/world.js';
import { Random } from './random.js';

const world = useWorld();
const { SIM_FROM, SIM_SEEDS } = process.env;
const FROM = Number(SIM_FROM ?? 1);
const SEEDS = Number(SIM_SEEDS ?? 1_000);
const TTL = 15_000;
/** A renewal and what follows it: by then every process has heard of a restore. */
const HEARD_MS = TTL / 3 + 1_000;
const ROUNDS = 12;

/** Callers who come in crowds, hold for a while, and now and then give up. */
class Crowd {
  held: Lock[] = [];
  waiting = 0;
  private leaving = false;

  constructor(
    private readonly instance: Instance,
    private readonly random: Random,
  ) {}

  come(count: number): void {
    for (let n = 0; n < count; n += 1) void this.call();
  }

  /** Everybody gives back what they have, from now on as soon as they get it. */
  async leave(): Promise<void> {
    this.leaving = true;
    await Promise.all(this.held.splice(0).map(giveBack));
  }

  async release(): Promise<void> {
    const lock = this.held.shift();
    if (lock !== undefined) await giveBack(lock);
  }

  private async call(): Promise<void> {
    const { locks } = this.instance;
    const waitTimeout = this.random.pick([0, 2_000, Infinity, Infinity]);
    this.waiting += 1;
    const lock = await locks.acquire('k', { waitTimeout }).catch(() => null);
    this.waiting -= 1;
    if (lock === null) return;
    if (this.leaving) await giveBack(lock);
    else this.held.push(lock);
  }
}

/** etcd may refuse it; then the ticket goes with its lease. */
const giveBack = (lock: Lock) => lock.release().catch(() => {});

async function live(random: Random): Promise<void> {
  const instances = Array.from({ length: 3 }, () => world().instance());
  const crowds = instances.map((one) => new Crowd(one, random));
  const believed = () =>
    crowds.flatMap(({ held }) => held.filter((lock) => lock.held));
  let backup: MemoryClusterBackup | undefined;
  for (let round = 0; round < ROUNDS; round += 1) {
    const crowd = random.pick(crowds);
    const deed = random.pick([
      'come',
      'come',
      'release',
      'release',
      'backup',
      'restore',
      'restore',
      'refuse',
    ] as const);
    if (deed === 'come') crowd.come(random.whole(1, 8));
    else if (deed === 'release') void crowd.release();
    else if (deed === 'backup') backup = world().cluster.backup();
    else if (deed === 'refuse') {
      const { network } = random.pick(instances);
      const times = random.whole(1, 4);
      network.refuse({ on: 'transact', times, error: refusal() });
    } else if (backup !== undefined) {
      // Also set forward, so little that nothing shows in the revision or so far that it does.
      const forth = random.pick([
        0n,
        0n,
        BigInt(random.whole(1, 40)),
        10n ** 9n,
      ]);
      const revision = backup.revision + forth;
      world().cluster.restore({ ...backup, revision });
      // What a restore brings back of a client that has closed goes with its lease.
      for (const { network } of instances) network.faulted = true;
      await world().advance(HEARD_MS);
      expect(believed().length).toBeLessThanOrEqual(1);
      // Nobody renews the lease of a session that had ended before: it goes by itself.
      await world().advance(TTL);
      const [first] = await world().tickets('k');
      for (const lock of believed())
        expect(lock.guard()[0]!.range.key).toBe(first!.key);
    }
    await world().advance(random.between(0, 400));
  }
  for (const { network } of instances) network.heal();
  for (const crowd of crowds) void crowd.leave();
  for (let n = 0; n < 200 && crowds.some((one) => one.waiting > 0); n += 1)
    await world().advance(1_000);
  expect(crowds.map(({ waiting }) => waiting)).toEqual([0, 0, 0]);
  expect(believed()).toEqual([]);
}

describe('crowds whose etcd is restored, and refuses now and then', () => {
  it.each(Array.from({ length: SEEDS }, (_, n) => FROM + n))(
    'have one holder soon after, and everybody is answered: seed %d',
    (seed) => live(new Random(seed)),
    20_000,
  );
});
