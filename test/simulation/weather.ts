import { StoreError } from '../../lib/core/index.js';
import type { Random } from './random.js';

/** How the network treats a client: probabilities for one call each, and milliseconds. */
export interface Weather {
  readonly delayMs: number;
  /** Takes long, though perhaps not longer than the caller waits. */
  readonly slow: number;
  /** Never arrives. */
  readonly lost: number;
  /** Arrives; the answer does not. */
  readonly replyLost: number;
  /** The connection breaks while the call is under way. */
  readonly reset: number;
  /** There is no connection. */
  readonly refused: number;
  /** Arrives long after the caller has given up. */
  readonly late: number;
  /** The caller gives up, and two copies arrive, the second of them late. */
  readonly twice: number;
  readonly lateByMs: number;
}

export const FAIR_WEATHER: Weather = {
  delayMs: 4,
  slow: 0,
  lost: 0,
  replyLost: 0,
  reset: 0,
  refused: 0,
  late: 0,
  twice: 0,
  lateByMs: 0,
};

/** What becomes of one call. */
export interface Fate {
  /** After how long each copy of the request reaches the cluster. */
  readonly copies: readonly number[];
  /** After how long the answer to the first copy is back; undefined if it never is. */
  readonly answerMs?: number;
  /** The caller is told this instead, sooner than its time is up. */
  readonly failure?: { readonly afterMs: number; readonly error: StoreError };
}

export function fateOf(
  { delayMs, lateByMs, ...odds }: Weather,
  random: Random,
  timeoutMs: number,
): Fate {
  const trip = () => random.between(delayMs / 4, delayMs);
  const { slow, lost, replyLost, reset, refused, late, twice } = odds;
  const troubled = slow + lost + replyLost + reset + refused + late + twice;
  const trouble = random.chance(troubled) ? random.weighted(odds) : undefined;
  const lateMs = () => random.between(timeoutMs * 0.5, lateByMs);
  const broken = (outcome: StoreError['outcome']) => ({
    afterMs: trip() + trip(),
    error: new StoreError('unavailable', outcome, 'the connection broke'),
  });
  switch (trouble) {
    case undefined:
      return { copies: [trip()], answerMs: trip() };
    case 'slow': {
      const there = random.between(0, timeoutMs);
      return { copies: [there], answerMs: random.between(0, timeoutMs) };
    }
    case 'lost':
      return { copies: [] };
    case 'replyLost':
      return { copies: [trip()] };
    case 'reset': {
      const copies = random.chance(0.5) ? [trip()] : [];
      return { copies, failure: broken('unknown') };
    }
    case 'refused':
      return { copies: [], failure: broken('not-applied') };
    case 'late':
      return random.chance(0.5)
        ? { copies: [lateMs()] }
        : { copies: [lateMs()], failure: broken('unknown') };
    case 'twice': {
      const copies = [trip(), lateMs()];
      return random.chance(0.5)
        ? { copies }
        : { copies, failure: broken('unknown') };
    }
  }
}
