import type { NemesisDeed } from './nemesis.js';
import type { Random } from './random.js';
import type { Demands } from './referee.js';
import type { Rule } from './ticket-record.js';
import { FAIR_WEATHER, type Weather } from './weather.js';

/** What callers do with locks, drawn anew for every seed. */
export interface Habits {
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
}

export interface Scenario {
  readonly clients: number;
  readonly callersPerClient: number;
  readonly callsPerCaller: number;
  readonly chaosMs: number;
  readonly ttlMs: number;
  readonly ttlShortfallSeconds: number;
  readonly expiryLateMs: number;
  readonly clockRateError: number;
  readonly laggingMembers: number;
  readonly weather: Weather;
  readonly habits: Habits;
  readonly deeds: Readonly<Partial<Record<NemesisDeed, number>>>;
  readonly deedEveryMs: number;
  readonly demands: Demands;
}

export const FAMILIES = [
  'calm',
  'watches',
  'network',
  'time',
  'operator',
  'everything',
] as const;

export type Family = (typeof FAMILIES)[number];

const PATIENT: Demands = {
  latencyMs: Infinity,
  toldMs: Infinity,
  noStoreErrors: false,
  noSessionLoss: false,
};

const MILD: Demands = {
  latencyMs: Infinity,
  toldMs: Infinity,
  noStoreErrors: true,
  noSessionLoss: true,
};

export function drawScenario(family: Family, random: Random): Scenario {
  const common = {
    ...drawCrowd(random),
    ttlShortfallSeconds: 0,
    expiryLateMs: 0,
    clockRateError: 0,
    laggingMembers: 0,
    weather: FAIR_WEATHER,
    deeds: {},
    deedEveryMs: 300,
  };
  const some = (most: number) =>
    random.chance(0.5) ? random.between(0, most) : 0;
  const storm = () => ({
    delayMs: random.pick([4, 30]),
    slow: some(0.1),
    lost: some(0.05),
    replyLost: some(0.1),
    reset: some(0.1),
    refused: some(0.05),
    late: some(0.1),
    twice: some(0.15),
    lateByMs: random.pick([1000, 4000]),
  });
  const troubledTime = () => ({
    pause: some(3),
    // One clock misses a sleep of the machine, the other a step back: not both in one history.
    ...(random.chance(0.5)
      ? { suspend: some(2), stepWallForth: some(1) }
      : { stepWallForth: some(1), stepWallBack: some(3) }),
    hangKeepAlives: some(3),
    kill: some(1),
    join: some(1),
    close: some(0.5),
  });
  const operating = () => ({
    revokeLease: some(2),
    deleteTicket: some(2),
    forceRelease: some(2),
  });
  const troubledWatches = () => ({ breakWatches: some(3), compact: some(2) });
  const short = {
    chaosMs: random.between(3000, 7000),
    ttlMs: random.pick([2000, 2000, 3000]),
    habits: drawHabits(random, 2000),
  };
  const long = {
    chaosMs: random.between(2000, 4000),
    ttlMs: 15_000,
    habits: drawHabits(random, 15_000),
  };
  switch (family) {
    case 'calm':
      return { ...common, ...long, demands: { ...MILD, latencyMs: 120 } };
    case 'watches':
      return {
        ...common,
        ...long,
        laggingMembers: random.pick([0, 0.3, 0.8]),
        deeds: troubledWatches(),
        deedEveryMs: 60,
        demands: { ...MILD, latencyMs: 1500 },
      };
    case 'network':
      return {
        ...common,
        ...short,
        expiryLateMs: some(500),
        weather: storm(),
        deeds: {
          cutOff: some(3),
          breakWatches: some(1),
          hangKeepAlives: some(1),
        },
        demands: PATIENT,
      };
    case 'time':
      return {
        ...common,
        ...short,
        ttlShortfallSeconds: random.pick([0, 0, 1]),
        expiryLateMs: some(500),
        clockRateError: some(0.03),
        deeds: { ...troubledTime(), cutOff: some(2) },
        demands: PATIENT,
      };
    case 'operator':
      return {
        ...common,
        ...short,
        deeds: operating(),
        demands: { ...MILD, noSessionLoss: false, toldMs: 1500 },
      };
    case 'everything':
      return {
        ...common,
        ...short,
        ttlShortfallSeconds: random.pick([0, 1]),
        expiryLateMs: some(500),
        clockRateError: some(0.03),
        laggingMembers: some(0.5),
        weather: storm(),
        deeds: {
          ...troubledTime(),
          ...operating(),
          ...troubledWatches(),
          cutOff: some(3),
          silenceWatches: some(1),
        },
        demands: PATIENT,
      };
  }
}

/** Mostly a handful of callers; now and then enough for queues that are too long to be watched. */
function drawCrowd(
  random: Random,
): Pick<Scenario, 'clients' | 'callersPerClient' | 'callsPerCaller'> {
  return random.chance(0.03)
    ? { clients: 4, callersPerClient: 4, callsPerCaller: 2 }
    : {
        clients: random.pick([2, 2, 3, 4]),
        callersPerClient: random.pick([1, 2, 2, 3]),
        callsPerCaller: random.whole(1, 3),
      };
}

function drawHabits(random: Random, ttlMs: number): Habits {
  const some = (most: number) =>
    random.chance(0.4) ? random.between(0, most) : 0;
  const rules: Record<string, Rule> = {};
  for (const key of ['a', 'b', 'c'].slice(0, random.whole(1, 3)))
    rules[key] = random.pick<Rule>([
      { mode: 'exclusive', permits: 1 },
      { mode: 'exclusive', permits: 1 },
      { mode: 'shared', permits: Infinity },
      { mode: 'permits', permits: random.whole(1, 3) },
    ]);
  return {
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
  };
}
