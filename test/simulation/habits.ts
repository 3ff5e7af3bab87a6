import type { Random } from './random.js';
import type { Rule } from './ticket-record.js';

/** How many callers there are and what they do with locks, drawn anew for every seed. */
export interface Habits {
  readonly clients: number;
  readonly callersPerClient: number;
  readonly callsPerCaller: number;
  readonly rules: Readonly<Record<string, Rule>>;
  readonly thinkMs: number;
  readonly holdMs: number;
  readonly waitsMs: readonly number[];
  readonly ttlsMs: readonly number[];
  readonly tries: number;
  readonly withLock: number;
  readonly nested: number;
  readonly aborts: number;
  readonly several: number;
  readonly minHold: number;
  readonly maxHold: number;
  readonly dedicated: number;
  readonly metadata: number;
  readonly guarded: number;
  /** How often a lock that can be kept is, for how long, and how many of them at once. */
  readonly keep: number;
  readonly keepsMs: readonly number[];
  readonly maxKept: number;
}

const ALONE: Rule = { mode: 'exclusive', permits: 1 };

export function drawHabits(random: Random, ttlMs: number): Habits {
  const some = (most: number) =>
    random.chance(0.4) ? random.between(0, most) : 0;
  const rules: Record<string, Rule> = {};
  for (const key of ['a', 'b', 'c'].slice(0, random.whole(1, 3)))
    rules[key] = random.pick<Rule>([
      ALONE,
      ALONE,
      { mode: 'shared', permits: Infinity },
      { mode: 'permits', permits: random.whole(1, 3) },
    ]);
  return {
    clients: random.pick([2, 2, 3, 4]),
    callersPerClient: random.pick([1, 2, 2, 3]),
    callsPerCaller: random.whole(1, 3),
    rules,
    thinkMs: random.pick([5, 100, 300]),
    holdMs: random.pick([5, 100, 500]),
    waitsMs: random.pick([[Infinity], [200, 2000], [0, 50, 500, Infinity]]),
    ttlsMs: random.chance(0.2) ? [ttlMs, ttlMs + 1000] : [ttlMs],
    tries: some(0.4),
    withLock: random.pick([0, 0.5]),
    nested: some(0.4),
    aborts: some(0.4),
    several: some(0.4),
    minHold: some(0.2),
    maxHold: some(0.2),
    dedicated: random.pick([0, 0, 0.2, 1]),
    metadata: some(0.5),
    guarded: some(0.3),
    keep: 0,
    keepsMs: [],
    maxKept: 1000,
  };
}

/** A queue so long that those at its end do not watch all of it. */
export const CROWDED: Partial<Habits> = {
  clients: 3,
  callersPerClient: 4,
  callsPerCaller: 1,
  rules: { a: ALONE },
  thinkMs: 20,
  holdMs: 20,
  waitsMs: [Infinity],
  dedicated: 1,
  tries: 0,
  minHold: 0,
};

/** Whoever gives up comes back soon, and so do the names of its tickets. */
export const RESTLESS: Partial<Habits> = {
  clients: 2,
  callersPerClient: 2,
  callsPerCaller: 6,
  rules: { a: ALONE },
  thinkMs: 50,
  holdMs: 200,
  waitsMs: [100, 700],
  dedicated: 0,
  several: 0,
  minHold: 0,
};

/** Some leave the queue and others inherit their tickets, which are then rewritten and kept. */
export const HEIRS: Partial<Habits> = {
  callersPerClient: 3,
  callsPerCaller: 2,
  rules: { a: ALONE },
  thinkMs: 5,
  holdMs: 200,
  waitsMs: [100, 2000],
  dedicated: 0,
  several: 0,
  tries: 0,
  minHold: 0.7,
  metadata: 1,
};

/** Locks that stay with a process between its callers, and others who come for them. */
export function drawKeepers(random: Random): Partial<Habits> {
  const rules: Record<string, Rule> = { a: ALONE, b: ALONE, c: ALONE };
  return {
    clients: random.pick([2, 2, 3]),
    callersPerClient: random.pick([1, 2, 3]),
    callsPerCaller: random.whole(3, 8),
    rules: random.pick<Record<string, Rule>>([{ a: ALONE }, rules]),
    thinkMs: random.pick([5, 50, 300]),
    holdMs: random.pick([1, 5, 100]),
    waitsMs: random.pick([[Infinity], [Infinity], [50, 500, Infinity]]),
    tries: random.pick([0, 0.2, 0.6]),
    minHold: 0,
    dedicated: 0,
    several: random.pick([0, 0, 0.2]),
    keep: random.pick([1, 0.7]),
    keepsMs: random.pick([[1500], [100, 800], [20]]),
    maxKept: random.pick([1, 2, 1000]),
  };
}
