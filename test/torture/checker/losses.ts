import {
  beliefEnd,
  concerns,
  type Interference,
  leaseEndedAt,
} from './belief.js';
import { nameOf, type Operation } from './operation.js';
import { mayBeRefused, saysRefused } from './refusals.js';
import { isMissing } from './restore.js';
import type { Violation } from './violation.js';

/**
 * Who is told that its ticket was taken has a reason: a hand, a restore, rights that it lost, or a member
 * that ended leases which were not its to end. And
 * who has no ticket any more after a restore is told in time.
 */
export function checkLosses(
  operations: readonly Operation[],
  interference: Interference,
): Violation[] {
  return operations.flatMap((operation) => [
    ...withoutReason(operation, interference),
    ...toldTooLate(operation, interference),
  ]);
}

function withoutReason(
  operation: Operation,
  interference: Interference,
): Violation[] {
  const { lost, who, keys } = operation;
  if (lost?.reason !== 'taken') return [];
  const { at, why } = lost;
  const explained = saysRefused(why)
    ? mayBeRefused(operation, at, interference)
    : leaseEndedAt(operation, interference.leasesEnded) !== undefined ||
      interference.taken.some(
        (one) => one.from <= at && keys.some((key) => concerns(one, who, key)),
      ) ||
      interference.restores.some(
        (one) => one.from <= at && isMissing(operation, one) !== false,
      );
  if (explained) return [];
  const detail = `${nameOf(operation)} was taken away by nobody: ${why}`;
  return [{ check: 'losses', at, detail }];
}

function toldTooLate(
  operation: Operation,
  { restores, killedAt }: Interference,
): Violation[] {
  const until = beliefEnd(operation, killedAt.get(operation.who));
  return restores
    .filter((one) => isMissing(operation, one) === true && until > one.toldBy)
    .map(({ toldBy }) => ({
      check: 'losses',
      at: toldBy,
      detail: `${nameOf(operation)} has no ticket in the backup, and believed for ${Math.round(until - toldBy)} ms too long`,
    }));
}
