import {
  CROWDED,
  drawHabits,
  drawKeepers,
  type Habits,
  HEIRS,
  RESTLESS,
} from './habits.js';
import type { NemesisDeed } from './nemesis.js';
import type { Random } from './random.js';
import type { Demands } from './referee.js';
import { FAIR_WEATHER, type Weather } from './weather.js';

export interface Scenario {
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
  /** How long what the nemesis does may last, in TTLs. */
  readonly longestDeedTtls: number;
  readonly demands: Demands;
}

/** Little goes wrong, so more is demanded: that nothing fails, or how soon it comes. */
export const GOOD_DAYS = [
  'calm',
  'watches',
  'hiccups',
  'operator',
  'kept',
] as const;

/** Nothing is demanded but what always holds. */
export const BAD_DAYS = [
  'network',
  'time',
  'everything',
  'kept storm',
] as const;

export type Family = (typeof GOOD_DAYS)[number] | (typeof BAD_DAYS)[number];

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
  const some = (most: number) =>
    random.chance(0.5) ? random.between(0, most) : 0;
  const quiet = {
    ttlMs: random.pick([2000, 2000, 3000]),
    chaosMs: random.between(3000, 7000),
    ttlShortfallSeconds: 0,
    expiryLateMs: 0,
    clockRateError: 0,
    laggingMembers: 0,
    weather: FAIR_WEATHER,
    habits: drawHabits(random, 2000),
    deeds: {},
    deedEveryMs: 300,
    longestDeedTtls: 1.5,
    demands: PATIENT,
  };
  const unhurried = {
    ...quiet,
    ttlMs: 15_000,
    chaosMs: random.between(2000, 4000),
    habits: {
      ...drawHabits(random, 15_000),
      ...(random.chance(0.05) && CROWDED),
    },
  };
  const storm = {
    expiryLateMs: some(500),
    weather: drawStorm(random),
    habits: {
      ...quiet.habits,
      ...random.pick([{}, {}, {}, {}, {}, {}, {}, {}, RESTLESS, HEIRS]),
    },
  };
  const trouble = {
    pause: some(3),
    kill: some(1),
    join: some(1),
    close: some(0.5),
    hangLeaseCalls: some(3),
    strandLease: some(3),
    cutOff: some(3),
    stepWallForth: some(1),
    // One clock misses a sleep of the machine, the other a step back: not both in one history.
    ...(random.chance(0.5) ? { suspend: some(2) } : { stepWallBack: some(3) }),
  };
  const wrongClocks = {
    ttlShortfallSeconds: random.pick([0, 0, 1]),
    clockRateError: some(0.03),
  };
  const watchTrouble = { breakWatches: some(3), compact: some(2) };
  const operation = {
    revokeLease: some(2),
    deleteTicket: some(2),
    forceRelease: some(2),
  };
  switch (family) {
    case 'calm':
      return { ...unhurried, demands: { ...MILD, latencyMs: 120 } };
    case 'kept':
      return {
        ...unhurried,
        habits: { ...unhurried.habits, ...drawKeepers(random) },
        deeds: random.pick([{}, { breakWatches: 1 }]),
        demands: { ...MILD, latencyMs: 120 },
      };
    case 'watches':
      return {
        ...unhurried,
        laggingMembers: random.pick([0, 0.3, 0.8]),
        deeds: watchTrouble,
        deedEveryMs: 60,
        demands: { ...MILD, latencyMs: 1500 },
      };
    case 'hiccups':
      return {
        ...quiet,
        deeds: { cutOff: 1, hangLeaseCalls: 1 },
        deedEveryMs: quiet.ttlMs,
        longestDeedTtls: 0.15,
        demands: { ...PATIENT, noSessionLoss: true },
      };
    case 'network':
      return {
        ...quiet,
        ...storm,
        deeds: {
          cutOff: some(3),
          breakWatches: some(1),
          hangLeaseCalls: some(1),
        },
      };
    case 'time':
      return {
        ...quiet,
        ...wrongClocks,
        habits: { ...quiet.habits, holdMs: random.pick([5, 200, 2000]) },
        expiryLateMs: some(500),
        deeds: trouble,
      };
    case 'operator':
      return {
        ...quiet,
        habits: { ...quiet.habits, holdMs: random.pick([5, 60, 2000]) },
        deeds: operation,
        demands: { ...MILD, noSessionLoss: false, toldMs: 1500 },
      };
    case 'everything':
      return {
        ...quiet,
        ...wrongClocks,
        ...storm,
        laggingMembers: some(0.5),
        deeds: {
          ...trouble,
          ...operation,
          ...watchTrouble,
          silenceWatches: some(1),
        },
      };
    case 'kept storm':
      return {
        ...quiet,
        ...wrongClocks,
        ...storm,
        habits: { ...quiet.habits, ...drawKeepers(random) },
        deeds: {
          ...trouble,
          ...operation,
          ...watchTrouble,
          silenceWatches: some(1),
        },
      };
  }
}

function drawStorm(random: Random): Weather {
  const some = (most: number) =>
    random.chance(0.5) ? random.between(0, most) : 0;
  return {
    delayMs: random.pick([4, 30]),
    slow: some(0.1),
    lost: some(0.05),
    replyLost: some(0.1),
    reset: some(0.1),
    refused: some(0.05),
    late: some(0.3),
    twice: some(0.3),
    lateByMs: random.pick([1000, 4000]),
  };
}
