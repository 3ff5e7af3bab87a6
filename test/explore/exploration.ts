import { playAgain, readDepartures, shortened, written } from './departures.js';
import { type Failure, search, type Visits } from './search.js';
import type { SmallWorld } from './worlds.js';

export interface ExplorationTerms {
  readonly faults: number;
  /** At most so many schedules of each world. */
  readonly schedules: number;
  /** Choices, after which a schedule takes its usual way. */
  readonly depth: number;
  readonly over?: () => boolean;
}

/** What was found in one world, and how much of it was looked at. */
export interface Exploration {
  readonly world: string;
  readonly faults: number;
  readonly schedules: number;
  readonly states: number;
  readonly deepest: number;
  /** All schedules with so many departures from the usual order were played; -1 for not even one. */
  readonly completeTo: number;
  /** Schedules that came to a known state, and those that were cut by the depth. */
  readonly known: number;
  readonly cutByDepth: number;
  readonly asleep: number;
  readonly unnoticed: number;
  readonly ms: number;
  readonly failure: Failure | undefined;
}

/** How often something else happens than the usual: few departures find most, and every order is the last. */
const LEVELS = [0, 1, 2, 3, Infinity];

/** Looks through one world, first for what needs the fewest departures from the usual order. */
export async function explore(
  world: SmallWorld,
  { faults, schedules: most, depth, over }: ExplorationTerms,
): Promise<Exploration> {
  const since = performance.now();
  const visits: Visits = new Map();
  const sum = {
    schedules: 0,
    known: 0,
    cutByDepth: 0,
    asleep: 0,
    unnoticed: 0,
  };
  let deepest = 0;
  let completeTo = -1;
  let failure: Failure | undefined;
  for (const reorders of LEVELS) {
    const found = await search(
      world,
      {
        faults,
        reorders,
        depth,
        schedules: most - sum.schedules,
        ...(over && { over }),
      },
      visits,
    );
    for (const name of Object.keys(sum) as (keyof typeof sum)[])
      sum[name] += found[name];
    deepest = Math.max(deepest, found.deepest);
    failure = found.failure;
    if (!found.finished) break;
    completeTo = reorders;
  }
  if (failure !== undefined) {
    const departures = await shortened(world, failure.departures);
    const { violations } = await playAgain(world, departures);
    failure = { departures, violations };
  }
  const ms = performance.now() - since;
  const states = visits.size;
  return {
    world: world.name,
    faults,
    ...sum,
    states,
    deepest,
    completeTo,
    ms,
    failure,
  };
}

/** One line for one world. */
export function lineOf(one: Exploration): string {
  const orders =
    one.completeTo === Infinity
      ? 'every order'
      : one.completeTo < 0
        ? 'cut in the usual order'
        : `all with up to ${one.completeTo} departures from the usual order, then cut`;
  const cut = one.cutByDepth > 0 ? `, ${one.cutByDepth} cut by depth` : '';
  const unseen =
    one.unnoticed > 0
      ? `, ${one.unnoticed} with a restore that nobody could see`
      : '';
  return `${one.world}, ${one.faults} faults: ${one.schedules} schedules, ${one.states} states, depth ${one.deepest}, ${(one.ms / 1_000).toFixed(1)} s; ${orders}${cut}; ${one.known} came to a known state, ${one.asleep} choices asleep${unseen}`;
}

/** How to see a failure again, and what happens in it. */
export async function storyOf(
  world: SmallWorld,
  schedule: string,
): Promise<string[]> {
  const lines: string[] = [];
  const { violations } = await playAgain(
    world,
    readDepartures(schedule),
    (who, what) => lines.push(`${who.padEnd(8)} ${what()}`),
  );
  return [...lines, ...violations];
}

export function replayCommand({ world, failure }: Exploration): string {
  return `npm run explore -- --world '${world}' --replay '${written(failure!.departures)}'`;
}
