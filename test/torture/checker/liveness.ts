import type { HistoryRecord } from '../history/history-record.js';
import type { Interference } from './belief.js';
import { nameOf, type Operation } from './operation.js';
import type { Violation } from './violation.js';

/** Once everything works again, whoever still waits is served or told within `boundMs`. */
export function checkLiveness(
  history: readonly HistoryRecord[],
  operations: readonly Operation[],
  { killedAt }: Interference,
  boundMs: number,
): Violation[] {
  const healed = history.find(({ kind }) => kind === 'healed')?.mono;
  if (healed === undefined) return [];
  return operations
    .filter(({ who }) => !killedAt.has(who))
    .filter((operation) => !(answeredAt(operation) <= healed + boundMs))
    .map((operation) => {
      const after = Math.round(answeredAt(operation) - healed);
      const told = Number.isFinite(after) ? `after ${after} ms` : 'never';
      const detail = `${nameOf(operation)} was answered ${told}`;
      return { check: 'liveness', at: operation.invokedAt, detail };
    });
}

function answeredAt({ okAt, failed }: Operation): number {
  return okAt ?? failed?.at ?? Infinity;
}
