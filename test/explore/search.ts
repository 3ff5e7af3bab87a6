import { type Choice, EVERYWHERE, type Place } from './agenda.js';
import { type Director, type Outcome, play } from './play.js';
import type { Departure } from './departures.js';
import type { SmallWorld } from './worlds.js';

export interface Bounds {
  readonly faults: number;
  /** How often something else may happen than the usual; `Infinity`: every order. */
  readonly reorders: number;
  /** After so many choices everything goes its usual way. */
  readonly depth: number;
  readonly schedules: number;
  /** Whether time is up. */
  readonly over?: () => boolean;
}

export interface Findings {
  readonly schedules: number;
  readonly states: number;
  readonly deepest: number;
  /** Schedules that came to a state that was known, and were not played to their end. */
  readonly known: number;
  /** Choices that were left out, for others had led to the same. */
  readonly asleep: number;
  /** Schedules in which a restore of etcd could not be seen. */
  readonly unnoticed: number;
  /** Schedules in which the depth was reached. */
  readonly cutByDepth: number;
  readonly finished: boolean;
  readonly failure: Failure | undefined;
}

export interface Failure {
  readonly departures: readonly Departure[];
  readonly violations: readonly string[];
}

interface Move {
  readonly name: string;
  readonly place: Place;
  readonly faults: 0 | 1;
  readonly outOfTurn: boolean;
}

interface Frame {
  taken: Move;
  /** Still to be tried here, the next one last. */
  readonly left: Move[];
  /** Tried here, or asleep from before: what follows them is known. */
  readonly asleep: Move[];
  readonly usual: string;
  readonly faultsLeft: number;
  readonly reordersLeft: number;
}

/** How well a state was looked into. */
interface Visit {
  readonly faultsLeft: number;
  readonly reordersLeft: number;
  readonly depth: number;
  readonly asleep: ReadonlySet<string>;
}

/** States seen in one world, for as long as it is searched. */
export type Visits = Map<number, Visit[]>;

/**
 * Every schedule of a world within bounds, by playing it anew from the beginning with one choice
 * changed (Godefroid, "Model checking for programming languages using VeriSoft", 1997). A state that
 * is known is not gone into again. Where every order is tried, one of two independent events that can
 * come in either order sleeps (Godefroid's sleep sets, 1996); where the departures from the usual
 * order are counted (as Musuvathi and Qadeer count preemptions, 2007), nothing sleeps, for the order
 * that is left out may be the one with fewer departures.
 */
export async function search(
  world: SmallWorld,
  bounds: Bounds,
  visits: Visits = new Map(),
): Promise<Findings> {
  const path: Frame[] = [];
  const found = {
    schedules: 0,
    deepest: 0,
    known: 0,
    asleep: 0,
    cutByDepth: 0,
    unnoticed: 0,
  };
  let failure: Findings['failure'];
  let finished = false;
  for (;;) {
    if (found.schedules >= bounds.schedules || bounds.over?.()) break;
    const walk = new Walk(path, bounds, visits);
    const outcome: Outcome = await play(world, walk);
    found.schedules += 1;
    found.asleep += walk.leftAsleep;
    if (walk.tooDeep) found.cutByDepth += 1;
    if (!outcome.complete) found.known += 1;
    if (outcome.unnoticed) found.unnoticed += 1;
    found.deepest = Math.max(found.deepest, outcome.steps);
    if (outcome.violations.length > 0) {
      failure = { departures: walk.departures, violations: outcome.violations };
      break;
    }
    if (!backtrack(path)) {
      finished = true;
      break;
    }
  }
  return { ...found, states: visits.size, finished, failure };
}

function backtrack(path: Frame[]): boolean {
  for (;;) {
    const frame = path.at(-1);
    if (frame === undefined) return false;
    frame.asleep.push(frame.taken);
    const next = frame.left.pop();
    if (next !== undefined) {
      frame.taken = next;
      return true;
    }
    path.pop();
  }
}

/** One schedule: first what was chosen before, then the usual, noting what else there is. */
class Walk implements Director {
  faultsLeft: number;
  leftAsleep = 0;
  tooDeep = false;
  readonly departures: Departure[] = [];
  private reordersLeft: number;
  private step = 0;
  private readonly prefix: number;
  /** What sleeps in the state that is reached. */
  private sleeping: readonly Move[] = [];

  constructor(
    private readonly path: Frame[],
    private readonly bounds: Bounds,
    private readonly visits: Visits,
  ) {
    this.faultsLeft = bounds.faults;
    this.reordersLeft = bounds.reorders;
    this.prefix = path.length;
  }

  choose(choices: readonly Choice[], state: () => number): Choice | undefined {
    if (this.step < this.prefix) return this.again(choices);
    if (this.step >= this.bounds.depth) {
      this.tooDeep = true;
      return choices[0];
    }
    const usual = choices[0]!;
    const open = this.awake(choices);
    if (choices.length > 1 && this.isKnown(state(), this.step))
      return undefined;
    const [first, ...others] = open;
    if (first === undefined) return undefined;
    const frame: Frame = {
      taken: first,
      left: others.reverse(),
      asleep: [...this.sleeping],
      usual: usual.name,
      faultsLeft: this.faultsLeft,
      reordersLeft: this.reordersLeft,
    };
    this.path.push(frame);
    return this.follow(frame, choices);
  }

  private again(choices: readonly Choice[]): Choice {
    return this.follow(this.path[this.step]!, choices);
  }

  private follow(frame: Frame, choices: readonly Choice[]): Choice {
    const { taken, usual, asleep, faultsLeft, reordersLeft } = frame;
    const choice = choices.find(({ name }) => name === taken.name);
    if (choice === undefined)
      throw new Error(`${taken.name} could happen before, and cannot now`);
    if (taken.name !== usual)
      this.departures.push({ step: this.step, name: taken.name });
    this.step += 1;
    this.faultsLeft = faultsLeft - taken.faults;
    this.reordersLeft = reordersLeft - reordered(taken, usual);
    this.sleeping = this.sleeps
      ? asleep.filter((one) => areIndependent(one, taken))
      : [];
    return choice;
  }

  private get sleeps(): boolean {
    return this.bounds.reorders === Infinity;
  }

  private awake(choices: readonly Choice[]): Move[] {
    const usual = choices[0]!.name;
    const asleep = new Set(this.sleeping.map(({ name }) => name));
    const awake = choices.filter(({ name }) => !asleep.has(name));
    this.leftAsleep += choices.length - awake.length;
    return awake
      .filter((one) => one.faults <= this.faultsLeft)
      .filter((one) => reordered(one, usual) <= this.reordersLeft)
      .map(({ name, place, faults, outOfTurn = false }) => ({
        name,
        place,
        faults,
        outOfTurn,
      }));
  }

  private isKnown(state: number, depth: number): boolean {
    const { faultsLeft, reordersLeft } = this;
    const asleep = new Set(this.sleeping.map(({ name }) => name));
    const before = this.visits.get(state) ?? [];
    const covers = (visit: Visit) =>
      visit.faultsLeft >= faultsLeft &&
      visit.reordersLeft >= reordersLeft &&
      visit.depth <= depth &&
      [...visit.asleep].every((name) => asleep.has(name));
    if (before.some(covers)) return true;
    before.push({ faultsLeft, reordersLeft, depth, asleep });
    this.visits.set(state, before);
    return false;
  }
}

/** What goes wrong is counted as a fault, and as another order only where its turn had not come. */
function reordered(
  {
    name,
    faults,
    outOfTurn = false,
  }: Pick<Choice, 'name' | 'faults' | 'outOfTurn'>,
  usual: string,
): 0 | 1 {
  const another = faults > 0 ? outOfTurn : name !== usual;
  return another ? 1 : 0;
}

function areIndependent(one: Move, other: Move): boolean {
  return (
    one.place !== other.place &&
    one.place !== EVERYWHERE &&
    other.place !== EVERYWHERE
  );
}
