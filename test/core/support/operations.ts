import type { Operation, Transaction } from '../../../lib/core/index.js';

/** Every operation of a transaction, also those of nested ones. */
export function operationsOf({
  success,
  failure,
}: Transaction): readonly Operation[] {
  return [...success, ...failure].flatMap((operation) =>
    operation.kind === 'transaction'
      ? operationsOf(operation.transaction)
      : [operation],
  );
}

export function puts(transaction: Transaction): boolean {
  return operationsOf(transaction).some(({ kind }) => kind === 'put');
}

export function deletes(transaction: Transaction): boolean {
  return operationsOf(transaction).some(({ kind }) => kind === 'delete');
}
