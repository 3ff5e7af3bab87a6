import type { TestContext } from 'vitest';
import type { LockClientOptions } from '../../../lib/core/index.js';
import type { LockWorld } from '../../support/lock-world.js';
import { electionSide, type OurSide, lockSide } from './our-side.js';
import { ELECTIONS, LOCKS, type Rival } from './rivals.js';

export interface Pair {
  readonly title: string;
  readonly rival: Rival;
  readonly side: OurSide;
}

const pairsWith = (side: OurSide) => (rival: Rival) => ({
  title: rival.title,
  rival,
  side,
});

/** Everybody else, and what of ours is meant for them. */
export const PAIRS: readonly Pair[] = [
  ...LOCKS.map(pairsWith(lockSide)),
  ...ELECTIONS.map(pairsWith(electionSide)),
];

// Nothing is looked at again before a wait times out: every hand-over has to be heard of.
const LONG_SECONDS = 600;

/** One lock or election for a test; whoever of the others is still there afterwards is killed. */
export function sceneOf(
  world: LockWorld,
  { title, rival, side }: Pair,
  { onTestFinished, task }: TestContext,
) {
  const name = `${title}: ${task.name}`;
  const key = side.keyOf(name);
  const etcdName = world.locks().etcdName(key);
  const [endpoint] = world.etcd.endpoints as [string];
  const client = (options?: Partial<LockClientOptions>) =>
    world.locks({ ttl: LONG_SECONDS * 1_000, ...options });
  return {
    key,
    client,
    theirs(ttlSeconds = LONG_SECONDS) {
      const named = etcdName.slice(0, -1);
      const program = rival.start(endpoint, named, ttlSeconds);
      onTestFinished(() => program.kill());
      return program;
    },
    ours: () => side.enter(client(), name),
    queued: (count: number) => world.queued(key, count),
    /** The tickets, oldest first. */
    tickets: () => world.names(etcdName),
    /** Long enough for whoever would come in where it must not. */
    async trips() {
      for (let trip = 0; trip < 10; trip++) await world.revision();
    },
  };
}
