import { nameOf, type Operation } from './operation.js';
import type { Violation } from './violation.js';

/** What an attempt may end with while nobody closes anything and all options are right. */
const EXPECTED = new Set([
  'LOCK_TIMEOUT',
  'LOCK_BUSY',
  'LOCK_STORE',
  // Before the work under it had begun.
  'LOCK_LOST',
  'ABORTED',
  'ETCDCTL_ENDED',
]);

export function checkOutcomes(operations: readonly Operation[]): Violation[] {
  return operations
    .filter(({ failed }) => failed && !EXPECTED.has(failed.code))
    .map((operation) => ({
      check: 'outcomes',
      at: operation.failed!.at,
      detail: `${nameOf(operation)} ended with ${operation.failed!.code}`,
    }));
}
