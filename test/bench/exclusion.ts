import type { Outcome } from './load.js';
import { violationsIn } from './visits.js';

/** Somebody held a lock that somebody else held, or a token did not grow. */
export class ExclusionViolated extends Error {}

/**
 * The outcome, if nothing is wrong with it: neither what its runners saw, nor what shows only when
 * the visits of all of them are put together.
 *
 * @throws {ExclusionViolated}
 */
export function checked(outcome: Outcome): Outcome {
  const violations = [...outcome.violations, ...violationsIn(outcome.visits)];
  if (violations.length > 0) {
    throw new ExclusionViolated(violations.slice(0, 10).join('\n'));
  }
  return outcome;
}
