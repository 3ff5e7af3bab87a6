import type {
  Comparison,
  KeyRange,
  LeaseId,
  Operation,
  RangeOperation,
  Transaction,
} from '../../core/index.js';

export function put(key: string, value = '', lease?: LeaseId): Operation {
  return { kind: 'put', key, value, ...(lease === undefined ? {} : { lease }) };
}

export function remove(key: string, end?: string): Operation {
  return { kind: 'delete', range: rangeOf(key, end) };
}

export function range(
  within: KeyRange,
  options: Omit<RangeOperation, 'kind' | 'range'> = {},
): RangeOperation {
  return { kind: 'range', range: within, ...options };
}

export function nested(transaction: Partial<Transaction>): Operation {
  return { kind: 'transaction', transaction: transactionOf(transaction) };
}

export function transactionOf({
  compare = [],
  success = [],
  failure = [],
}: Partial<Transaction>): Transaction {
  return { compare, success, failure };
}

export function compared(
  within: KeyRange | string,
  target: Comparison['target'],
  is: Comparison['is'],
  to: bigint,
): Comparison {
  const asked = typeof within === 'string' ? { key: within } : within;
  return { range: asked, target, is, to };
}

function rangeOf(key: string, end?: string): KeyRange {
  return end === undefined ? { key } : { key, end };
}
