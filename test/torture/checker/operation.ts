import type {
  HistoryRecord,
  Mode,
  OperationFact,
} from '../history/history-record.js';

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
  readonly invokedAt: number;
  okAt?: number;
  token?: bigint;
  /** The first is that of `ok`. */
  readonly looks: Look[];
  lost?: { readonly at: number; readonly reason: string };
  releasing?: Look;
  failed?: {
    readonly at: number;
    readonly code: string;
    readonly unknown: boolean;
  };
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
      all.set(name, { who, id, keys, mode, permits, invokedAt, looks: [] });
      continue;
    }
    const operation = all.get(name);
    if (operation === undefined) throw new Error(`Nobody invoked ${name}.`);
    add(operation, record.mono, record);
  }
  return [...all.values()];
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
      operation.looks.push({ at, left: record.left });
      break;
    case 'look':
      operation.looks.push({ at, left: record.left });
      break;
    case 'lost':
      operation.lost ??= { at, reason: record.reason };
      break;
    case 'releasing':
      operation.releasing = { at, left: record.left };
      break;
    case 'fail':
    case 'info':
      operation.failed = {
        at,
        code: record.code,
        unknown: record.kind === 'info',
      };
  }
}
