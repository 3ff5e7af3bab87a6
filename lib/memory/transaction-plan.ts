import type { Operation, Transaction } from '../core/index.js';
import { holds } from './comparison.js';
import type { KeySpace } from './key-space.js';

export type Put = Extract<Operation, { kind: 'put' }>;

export type Step =
  | Exclude<Operation, { kind: 'transaction' }>
  | { readonly kind: 'transaction'; readonly plan: TransactionPlan };

/** The branches a transaction takes. */
export interface TransactionPlan {
  readonly succeeded: boolean;
  readonly steps: readonly Step[];
}

/** Decides every branch, also of nested transactions, before anything is changed. */
export function planTransaction(
  keySpace: KeySpace,
  { compare, success, failure }: Transaction,
): TransactionPlan {
  const succeeded = compare.every((each) => holds(keySpace, each));
  const steps = (succeeded ? success : failure).map((operation) =>
    operation.kind === 'transaction'
      ? {
          kind: operation.kind,
          plan: planTransaction(keySpace, operation.transaction),
        }
      : operation,
  );
  return { succeeded, steps };
}

export function* plannedPuts(plan: TransactionPlan): Generator<Put> {
  for (const step of plan.steps) {
    if (step.kind === 'put') yield step;
    if (step.kind === 'transaction') yield* plannedPuts(step.plan);
  }
}
