import type { HistoryRecord } from '../history/history-record.js';
import type { Look, Operation } from './operation.js';

/** The time during which a process was sure that it held a lock. */
export interface Belief {
  readonly operation: Operation;
  readonly key: string;
  readonly from: number;
  readonly to: number;
}

/** What was done by hand, and to whom. */
export interface Interference {
  readonly killedAt: ReadonlyMap<string, number>;
  readonly taken: readonly Taken[];
}

export interface Taken {
  readonly subject: string;
  readonly key: string | undefined;
  readonly from: number;
  readonly until: number;
  readonly revision: bigint | undefined;
}

export function interferenceIn(
  history: readonly HistoryRecord[],
): Interference {
  const killedAt = new Map<string, number>();
  const taken: Taken[] = [];
  for (const record of history) {
    if (record.kind === 'killed') killedAt.set(record.subject, record.mono);
    if (record.kind === 'taken') {
      const { subject, key, mono: from, until } = record;
      const revision =
        record.revision === undefined ? undefined : BigInt(record.revision);
      taken.push({ subject, key, from, until, revision });
    }
  }
  return { killedAt, taken };
}

/**
 * Between two looks a process believed for as long as the first one told it to, and all the time
 * if the second one says "held" again. A process that stood still, or was killed, so believed
 * nothing beyond what its last look said.
 */
export function beliefEnd(operation: Operation, killedAt = Infinity): number {
  const { looks, lost, releasing } = operation;
  const last: Look = releasing ?? {
    at: Math.min(lost?.at ?? Infinity, killedAt),
    left: 0,
  };
  const end = Math.min(last.at, lost?.at ?? Infinity, killedAt);
  const all = [...looks.filter(({ at }) => at <= end), { ...last, at: end }];
  for (const [index, { at, left }] of all.entries()) {
    const next = all[index + 1];
    if (left > 0 && next !== undefined && next.left > 0) continue;
    return Math.min(at + left, next?.at ?? at);
  }
  return -Infinity;
}

/**
 * One belief for each key of each lock that was held. Where its ticket was deleted by hand, it is
 * cut off there: from then on, until the news arrives, nobody promises anything.
 */
export function beliefsOf(
  operations: readonly Operation[],
  { killedAt, taken }: Interference,
): Belief[] {
  return operations.flatMap((operation) => {
    const { okAt: from, who, keys } = operation;
    if (from === undefined) return [];
    const end = beliefEnd(operation, killedAt.get(who));
    return keys.flatMap((key) => {
      const to = taken
        .filter((one) => concerns(one, who, key))
        .filter((one) => one.from < end && wasStanding(operation, one))
        .reduce((earliest, one) => Math.min(earliest, one.from), end);
      return to > from ? [{ operation, key, from, to }] : [];
    });
  });
}

/**
 * Whether the ticket behind a lock may be the one that was deleted: admission, which the token
 * tells the time of, came before, even where the news of it came late.
 */
function wasStanding(
  { token, okAt, kept }: Operation,
  { revision, until }: Taken,
): boolean {
  // What is kept may have been let in long before.
  if (revision === undefined || token === undefined)
    return kept === true || until >= okAt!;
  return token < revision;
}

export function concerns(
  { subject, key: deleted }: Taken,
  who: string,
  key: string,
): boolean {
  return subject === who && (deleted === undefined || deleted === key);
}
