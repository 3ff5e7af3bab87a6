import type { HistoryRecord } from '../history/history-record.js';
import type { Look, Operation } from './operation.js';
import { isMissing, type Restore, restoresIn } from './restore.js';

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
  readonly refused: readonly Refused[];
  readonly restores: readonly Restore[];
  readonly leasesEnded: readonly LeasesEnded[];
}

/**
 * A member that had stood still ended leases at `from` that others may have renewed. By `until` whoever had
 * one of them knows that it is gone.
 */
export interface LeasesEnded {
  readonly from: number;
  readonly until: number;
  /** Who lost a session meanwhile, and when. */
  readonly sessions: readonly { readonly who: string; readonly at: number }[];
}

/** When etcd may have refused on principle what was asked from this place. */
export interface Refused {
  readonly place: string;
  readonly from: number;
  readonly until: number;
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
  const refused: Refused[] = [];
  const leasesEnded: LeasesEnded[] = [];
  for (const record of history) {
    if (record.kind === 'killed') killedAt.set(record.subject, record.mono);
    if (record.kind === 'taken') {
      const { subject, key, mono: from, until } = record;
      const revision =
        record.revision === undefined ? undefined : BigInt(record.revision);
      taken.push({ subject, key, from, until, revision });
    }
    if (record.kind === 'leases-ended') {
      const { mono: from, until } = record;
      const sessions = history
        .filter(({ kind }) => kind === 'session-lost')
        .filter(({ mono }) => mono >= from && mono <= until)
        .map(({ who, mono: at }) => ({ who, at }));
      leasesEnded.push({ from, until, sessions });
    }
    if (record.kind === 'refused') {
      const { subject: place, mono: from, until } = record;
      refused.push({ place, from, until });
    }
  }
  const restores = restoresIn(history);
  return { killedAt, taken, refused, restores, leasesEnded };
}

/** When the lease of a lock was ended by etcd, if it may have been: its session is lost then. */
export function leaseEndedAt(
  { who, okAt, lost, releasing }: Operation,
  leasesEnded: readonly LeasesEnded[],
): number | undefined {
  const overAt = lost?.at ?? releasing?.at ?? Infinity;
  return leasesEnded.find(
    ({ from, sessions }) =>
      overAt >= from &&
      sessions.some((one) => one.who === who && okAt! <= one.at),
  )?.from;
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
 * cut off there: from then on, until the news arrives, nobody promises anything. Nor does anybody
 * where it is missing in a backup, up to the time by which its holder is told.
 */
export function beliefsOf(
  operations: readonly Operation[],
  { killedAt, taken, restores, leasesEnded }: Interference,
): Belief[] {
  return operations.flatMap((operation) => {
    const { okAt: from, who, keys } = operation;
    if (from === undefined) return [];
    const end = Math.min(
      beliefEnd(operation, killedAt.get(who)),
      leaseEndedAt(operation, leasesEnded) ?? Infinity,
    );
    return keys.flatMap((key) => {
      const to = taken
        .filter((one) => concerns(one, who, key))
        .filter((one) => one.from < end && wasStanding(operation, one))
        .filter((one) => !begunAnew(operation, one, restores))
        .reduce((earliest, one) => Math.min(earliest, one.from), end);
      const sure = restores.reduce(
        (part, one) => promisedPart(operation, part, one),
        { from, to },
      );
      return sure.to > sure.from ? [{ operation, key, ...sure }] : [];
    });
  });
}

/**
 * Whether the ticket behind a lock may be the one that was deleted: admission, which the token
 * tells the time of, came before, even where the news of it came late.
 */
function wasStanding(
  { token, okAt, keptFrom }: Operation,
  { revision, until }: Taken,
): boolean {
  // What is kept may have been let in long before.
  if (revision === undefined || token === undefined)
    return keptFrom !== undefined || until >= okAt!;
  return token < revision;
}

/** Revisions before a restore say nothing of what was asked for after it. */
function begunAnew(
  { invokedAt, keptFrom }: Operation,
  { from }: Taken,
  restores: readonly Restore[],
): boolean {
  const since = keptFrom?.invokedAt ?? invokedAt;
  return restores.some((one) => from < one.from && since >= one.until);
}

interface Time {
  readonly from: number;
  readonly to: number;
}

/** Of a belief, what is promised by the restore of a backup that its ticket may be missing in. */
function promisedPart(
  operation: Operation,
  { from, to }: Time,
  restore: Restore,
): Time {
  if (!isMissing(operation, restore)) return { from, to };
  return from < restore.from
    ? { from, to: Math.min(to, restore.from) }
    : { from: Math.max(from, restore.toldBy), to };
}

export function concerns(
  { subject, key: deleted }: Taken,
  who: string,
  key: string,
): boolean {
  return subject === who && (deleted === undefined || deleted === key);
}
