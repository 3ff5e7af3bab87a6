/**
 * One reading of both clocks of this process, in milliseconds.
 *
 * Neither clock alone measures elapsed time safely: `mono` may stand still while the machine is
 * suspended, `wall` may be stepped back. See {@link elapsedBetween}.
 */
export interface Instant {
  readonly mono: number;
  readonly wall: number;
}

/** Everything the locks know of time. Tests and simulations bring their own. */
export interface Clock {
  now(): Instant;

  /**
   * Calls `fire` once after `ms` milliseconds, unless the returned function is called first.
   * `Infinity` never fires. A timer does not keep the process alive unless `keepAlive` is set.
   */
  setTimer(
    ms: number,
    fire: () => void,
    options?: { readonly keepAlive?: boolean },
  ): () => void;

  /**
   * Calls `fire` once when the event loop has come round, and so has read what others have sent.
   * Without it a timer of 0 ms has to do, which fires before that where it is late.
   */
  nextTurn?(fire: () => void): void;
}

/**
 * Milliseconds between two instants: the larger of what the two clocks say, never negative.
 * A wall clock stepped forward makes it too large, which can only end a lock early.
 */
export function elapsedBetween(earlier: Instant, later: Instant): number {
  return Math.max(0, later.mono - earlier.mono, later.wall - earlier.wall);
}

/**
 * Milliseconds between two instants, for what must not end early: by the clock that nobody can step.
 * A suspended machine makes it too small.
 */
export function steadyBetween(earlier: Instant, later: Instant): number {
  return later.mono - earlier.mono;
}

const never = () => {};

/** Taken when the library is loaded: the fake timers of a test runner do not hold locks up. */
const nextTurn = setImmediate;

const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** The clocks and timers of this process. */
export const systemClock: Clock = {
  now: () => ({ mono: performance.now(), wall: Date.now() }),
  setTimer(ms, fire, options) {
    if (ms === Infinity && !options?.keepAlive) return never;
    if (ms > LONGEST_TIMER_MS) return inSteps(ms, fire, options);
    const timer = setTimeout(fire, Math.max(0, ms));
    if (!options?.keepAlive) timer.unref();
    return () => clearTimeout(timer);
  },
  nextTurn(fire) {
    nextTurn(fire);
  },
};

/** Beyond what Node can do with one timer. */
function inSteps(...[ms, fire, options]: Parameters<Clock['setTimer']>) {
  let cancel = systemClock.setTimer(
    LONGEST_TIMER_MS,
    () => {
      cancel = systemClock.setTimer(ms - LONGEST_TIMER_MS, fire, options);
    },
    options,
  );
  return () => cancel();
}

export function latestOf(
  instants: readonly (Instant | undefined)[],
): Instant | undefined {
  let latest: Instant | undefined;
  for (const one of instants) {
    if (one && !(latest && latest.mono > one.mono)) latest = one;
  }
  return latest;
}
