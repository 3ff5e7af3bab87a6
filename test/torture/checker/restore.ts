import type { HistoryRecord } from '../history/history-record.js';
import type { Operation } from './operation.js';

/** etcd went away at `from`, and came back at `until` as it had been at a backup. */
export interface Restore {
  readonly from: number;
  readonly until: number;
  readonly backup: bigint;
  /** By how much its revision was set forward. */
  readonly bump: bigint;
  /** By then all have been told whose ticket is not in the backup. */
  readonly toldBy: number;
}

export function restoresIn(history: readonly HistoryRecord[]): Restore[] {
  return history.flatMap((record) => {
    if (record.kind !== 'restored') return [];
    const { from, mono: until, toldBy } = record;
    const [backup, bump] = [BigInt(record.backup), BigInt(record.bump)];
    return [{ from, until, backup, bump, toldBy }];
  });
}

/** By whose tickets it holds: the times of its own, or of the first one where they were kept. */
function originOf(operation: Operation): Operation {
  return operation.keptFrom ?? operation;
}

/**
 * Whether the tickets behind a lock are none of the backup's. `perhaps`: it is not known whether it
 * was admitted before the restore or after it.
 */
export function isMissing(
  operation: Operation,
  { from, until, backup, bump }: Restore,
): boolean | 'perhaps' {
  const { put } = operation;
  const { invokedAt, okAt } = originOf(operation);
  if (okAt === undefined || invokedAt >= until) return false;
  if (put !== undefined && put <= backup) return false;
  // What was admitted and says so later may be of either time.
  if (okAt < from) return put !== undefined || 'perhaps';
  return bump > 0n && put !== undefined && put > backup + bump
    ? false
    : 'perhaps';
}

/**
 * What is kept over a restore has its ticket in the backup, once everybody has been told; others have
 * its token by chance, for revisions that went back are given twice.
 */
export function endedBetween(
  first: Operation,
  later: Operation,
  restores: readonly Restore[],
): boolean {
  return restores.some(
    (restore) =>
      later.invokedAt > restore.toldBy && isMissing(first, restore) === true,
  );
}

/** How often tokens had begun again when it was served; undefined if that is not certain. */
export function epochOf(
  operation: Operation,
  restores: readonly Restore[],
): number | undefined {
  const setbacks = restores.filter(({ bump }) => bump === 0n);
  const { invokedAt } = originOf(operation);
  const okAt = operation.okAt ?? Infinity;
  // For what is kept, this is from the first to the last of them.
  const spans = setbacks.some(
    ({ from, until }) => invokedAt < until && okAt >= from,
  );
  return spans
    ? undefined
    : setbacks.filter(({ until }) => until <= invokedAt).length;
}
