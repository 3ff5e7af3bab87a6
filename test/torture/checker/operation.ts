import type {
  HistoryRecord,
  Mode,
  OperationFact,
} from '../history/history-record.js';
import { endedBetween, type Restore, restoresIn } from './restore.js';

export interface Look {
  readonly at: number;
  readonly left: number;
}

/** Everything that is recorded of one attempt to take a lock. Times are monotonic, in ms. */
export interface Operation {
  readonly who: string;
  readonly id: number;
  readonly keys: readonly string[];
  readonly mode: Mode;
  readonly permits: number;
  /** Its process may keep the lock after it. */
  readonly keeps: boolean;
  readonly invokedAt: number;
  okAt?: number;
  token?: bigint;
  /** etcd's revision by which its tickets were put. */
  put?: bigint;
  /** It took again, without asking etcd, what its process had kept; of the first by these tickets. */
  keptFrom?: Operation;
  /** The first is that of `ok`. */
  readonly looks: Look[];
  lost?: { readonly at: number; readonly reason: string; readonly why: string };
  releasing?: Look;
  unreleased?: Refusal;
  failed?: Refusal & { readonly unknown: boolean };
}

export interface Refusal {
  readonly at: number;
  readonly code: string;
  readonly why: string;
}

export function nameOf({ who, id, keys, mode }: Operation): string {
  return `${who}/${id} (${mode} on ${keys.join(', ')})`;
}

/** The operations of a history, in the order in which they were invoked. */
export function operationsOf(history: readonly HistoryRecord[]): Operation[] {
  const all = new Map<string, Operation>();
  for (const record of history) {
    if (!('id' in record)) continue;
    const name = `${record.who}/${record.id}`;
    if (record.kind === 'invoke') {
      const { who, id, keys, mode, permits = 1, mono: invokedAt } = record;
      const keeps = record.keep === true;
      all.set(name, {
        who,
        id,
        keys,
        mode,
        permits,
        keeps,
        invokedAt,
        looks: [],
      });
      continue;
    }
    const operation = all.get(name);
    if (operation === undefined) throw new Error(`Nobody invoked ${name}.`);
    add(operation, record.mono, record);
  }
  const operations = [...all.values()];
  markKept(operations, restoresIn(history));
  return operations;
}

/**
 * Only what its process may have kept has the token of an earlier one for a good reason: it has its ticket. By
 * the token alone, after a restore, an earlier one may be taken for it.
 */
function markKept(
  operations: readonly Operation[],
  restores: readonly Restore[],
): void {
  const before = new Map<string, Operation>();
  const served = operations
    .filter(({ keys, mode }) => keys.length === 1 && mode === 'exclusive')
    .filter(({ okAt, token }) => okAt !== undefined && token !== undefined)
    .sort((one, other) => one.okAt! - other.okAt!);
  for (const operation of served) {
    const { who, keys, token, put } = operation;
    const name = `${who} ${keys[0]} ${put} ${token}`;
    const last = before.get(name);
    const first = last?.keptFrom ?? last;
    if (last?.keeps && !endedBetween(first!, operation, restores))
      operation.keptFrom = first!;
    before.set(name, operation);
  }
}

function add(
  operation: Operation,
  at: number,
  record: Exclude<OperationFact, { kind: 'invoke' }>,
): void {
  switch (record.kind) {
    case 'ok':
      operation.okAt = at;
      if (record.token !== undefined) operation.token = BigInt(record.token);
      if (record.put !== undefined) operation.put = BigInt(record.put);
      operation.looks.push({ at, left: record.left });
      break;
    case 'look':
      operation.looks.push({ at, left: record.left });
      break;
    case 'lost':
      operation.lost ??= { at, reason: record.reason, why: record.why ?? '' };
      break;
    case 'releasing':
      operation.releasing = { at, left: record.left };
      break;
    case 'unreleased':
      operation.unreleased = { at, code: record.code, why: record.why };
      break;
    case 'fail':
    case 'info':
      operation.failed = {
        at,
        code: record.code,
        why: record.why ?? '',
        unknown: record.kind === 'info',
      };
  }
}
