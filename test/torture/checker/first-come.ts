import type { HistoryRecord } from '../history/history-record.js';
import { concerns, type Interference } from './belief.js';
import { nameOf, type Operation } from './operation.js';
import type { Violation } from './violation.js';

/** A place in the queue that is known to have been kept from `since` until `operation` was served. */
interface Wait {
  readonly operation: Operation;
  readonly since: number;
}

/**
 * Callers of one process share its place in a queue, so a wait counts only where it is certain
 * whose place it was: the operation was under way when its process said "waiting", was the next
 * of it to be served, and its place was not lost in between. In the same way, a newcomer counts
 * only if it could not inherit a place.
 */
export function checkFirstCome(
  history: readonly HistoryRecord[],
  operations: readonly Operation[],
  interference: Interference,
): Violation[] {
  const newcomers = newcomersByKey(operations);
  return waitsIn(history, operations, interference).flatMap((wait) =>
    wait.operation.keys.flatMap((key) =>
      overtakenIn(newcomers.get(key) ?? [], wait).map((other) => ({
        check: 'first come, first served' as const,
        at: other.okAt!,
        detail: `"${key}": ${nameOf(other)} came later than ${nameOf(wait.operation)} and was served first`,
      })),
    ),
  );
}

function waitsIn(
  history: readonly HistoryRecord[],
  operations: readonly Operation[],
  { taken, restores }: Interference,
): Wait[] {
  const said = new Map<string, number>();
  const disturbed = new Map<string, number>();
  const byName = new Map(
    operations.map((one) => [`${one.who}/${one.id}`, one]),
  );
  const waits: Wait[] = [];
  for (const record of history) {
    if (record.kind === 'waiting') {
      said.set(`${record.who} ${record.key}`, record.mono);
    } else if (record.kind === 'session-lost') {
      disturbed.set(record.who, record.mono);
    } else if (record.kind === 'ok') {
      const operation = byName.get(`${record.who}/${record.id}`)!;
      const line = `${record.who} ${operation.keys.join(', ')}`;
      const since = said.get(line);
      said.delete(line);
      const { mode, keys } = operation;
      // Others have their places for themselves, under a name that does not tell them apart.
      const common = mode === 'exclusive' && keys.length === 1;
      if (since === undefined || !common) continue;
      const kept =
        operation.invokedAt <= since &&
        !((disturbed.get(record.who) ?? -Infinity) >= since) &&
        !taken.some(
          (one) =>
            one.until >= since &&
            one.from <= record.mono &&
            concerns(one, record.who, keys[0]!),
        ) &&
        // Everybody counts anew, and perhaps with another ticket.
        !restores.some(
          ({ from, toldBy }) => from <= record.mono && since <= toldBy,
        );
      if (kept) waits.push({ operation, since });
    }
  }
  return waits;
}

/** By key, those that were served, in the order of their asking. */
function newcomersByKey(
  operations: readonly Operation[],
): Map<string, Operation[]> {
  const byKey = new Map<string, Operation[]>();
  const waitingUntil = new Map<string, number>();
  for (const operation of operations) {
    const { who, keys, invokedAt, okAt, failed } = operation;
    // In whatever order they name their keys.
    const line = `${who} ${[...keys].sort().join(', ')}`;
    const alone = (waitingUntil.get(line) ?? -Infinity) < invokedAt;
    const until = okAt ?? failed?.at ?? Infinity;
    waitingUntil.set(line, Math.max(waitingUntil.get(line) ?? 0, until));
    // Whoever keeps a lock hears of an arrival only after it.
    if (!alone || okAt === undefined || operation.keptFrom) continue;
    for (const key of keys) {
      const served = byKey.get(key);
      if (served === undefined) byKey.set(key, [operation]);
      else served.push(operation);
    }
  }
  return byKey;
}

function overtakenIn(
  newcomers: readonly Operation[],
  { operation, since }: Wait,
): Operation[] {
  const found: Operation[] = [];
  for (let at = firstAfter(newcomers, since); at < newcomers.length; at++) {
    const other = newcomers[at]!;
    if (other.invokedAt >= operation.okAt!) break;
    if (other.who !== operation.who && other.okAt! < operation.okAt!) {
      found.push(other);
    }
  }
  return found;
}

function firstAfter(operations: readonly Operation[], time: number): number {
  let [low, high] = [0, operations.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (operations[middle]!.invokedAt < time) low = middle + 1;
    else high = middle;
  }
  return low;
}
