import {
  type KeyRange,
  type Operation,
  StoreError,
  type Transaction,
} from '../core/index.js';
import { contains } from './key-order.js';

/** etcd's default `--max-txn-ops`. */
const MAX_OPERATIONS = 128;

/**
 * Refuses what etcd refuses, whichever branch would be taken.
 *
 * @throws {StoreError} `invalid` or `too-large`, not applied
 */
export function checkTransaction(transaction: Transaction): void {
  checkParts(transaction, MAX_OPERATIONS);
  collectChanges(transaction.success);
  collectChanges(transaction.failure);
}

function checkParts(
  { compare, success, failure }: Transaction,
  allowed: number,
): void {
  const size = Math.max(compare.length, success.length, failure.length);
  if (size > allowed) {
    throw new StoreError(
      'too-large',
      'not-applied',
      'too many operations in a transaction',
    );
  }
  for (const { range } of compare) checkRange(range);
  for (const operation of [...success, ...failure]) {
    if (operation.kind === 'put') checkRange(operation);
    else if (operation.kind === 'transaction') {
      checkParts(operation.transaction, allowed - size);
    } else checkRange(operation.range);
  }
}

export function checkRange({ key }: KeyRange): void {
  if (key === '') {
    throw new StoreError('invalid', 'not-applied', 'a key is empty');
  }
}

interface Changes {
  readonly puts: Set<string>;
  readonly deletes: KeyRange[];
}

// The order of the steps is etcd's: deletes in a later nested transaction do not collide with puts
// in an earlier one.
function collectChanges(operations: readonly Operation[]): Changes {
  const puts = new Set<string>();
  const deletes = operations.flatMap((each) =>
    each.kind === 'delete' ? [each.range] : [],
  );
  const add = (key: string, alternatives?: ReadonlySet<string>) => {
    const putBefore = puts.has(key) && !alternatives?.has(key);
    if (putBefore || deletes.some((range) => contains(range, key))) {
      throw new StoreError(
        'invalid',
        'not-applied',
        `a transaction changes key "${key}" twice`,
      );
    }
    puts.add(key);
  };
  for (const each of operations) {
    if (each.kind !== 'transaction') continue;
    const success = collectChanges(each.transaction.success);
    const failure = collectChanges(each.transaction.failure);
    for (const key of success.puts) add(key);
    for (const key of failure.puts) add(key, success.puts);
    deletes.push(...success.deletes, ...failure.deletes);
  }
  for (const each of operations) if (each.kind === 'put') add(each.key);
  return { puts, deletes };
}
