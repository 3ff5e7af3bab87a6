/** One holder's stay inside one lock, as the holder itself saw it. */
export interface Visit {
  readonly holder: string;
  /** Microseconds on a clock that all holders of the lock read. */
  readonly from: number;
  readonly until: number;
  readonly token?: bigint | undefined;
  /** The process that may keep the lock after the visit, with its token. */
  readonly keptBy?: string | undefined;
}

/**
 * What is wrong with the visits to one lock: two at one time, or a fencing token that did not
 * grow. A visit begins after the lock was acquired and ends before its release is called, so in a
 * lock that excludes no two of them overlap, however late the processes were told.
 */
export function violationsIn(visits: readonly Visit[]): readonly string[] {
  const violations: string[] = [];
  let last: Visit | undefined;
  for (const visit of inOrder(visits)) {
    if (last !== undefined && visit.from < last.until) {
      const together = Math.min(visit.until, last.until) - visit.from;
      violations.push(
        `${visit.holder} and ${last.holder} were inside together for ${together.toFixed(1)} µs`,
      );
    }
    if (last?.token !== undefined && visit.token !== undefined) {
      if (visit.token <= last.token && !takesAgain(visit, last)) {
        violations.push(
          `${visit.holder} got token ${visit.token} after ${last.holder} had ${last.token}`,
        );
      }
    }
    if (last === undefined || visit.until > last.until) last = visit;
  }
  return violations;
}

function takesAgain(visit: Visit, last: Visit): boolean {
  const { token, keptBy } = visit;
  return token === last.token && keptBy !== undefined && keptBy === last.keptBy;
}

/** How often the lock passed from one holder to another. */
export function handOversIn(visits: readonly Visit[]): number {
  const ordered = inOrder(visits);
  return ordered.filter(
    ({ holder }, index) => index > 0 && holder !== ordered[index - 1]!.holder,
  ).length;
}

/** How often `holder` was served, and how many others, at most, before it was. */
export function longestWaitOf(
  holder: string,
  visits: readonly Visit[],
): { readonly served: number; readonly passedOver: number } {
  let served = 0;
  let row = 0;
  let passedOver = 0;
  for (const visit of inOrder(visits)) {
    if (visit.holder === holder) {
      served += 1;
      passedOver = Math.max(passedOver, row);
      row = 0;
    } else {
      row += 1;
    }
  }
  return { served, passedOver };
}

function inOrder(visits: readonly Visit[]): readonly Visit[] {
  return [...visits].sort((one, other) => one.from - other.from);
}
