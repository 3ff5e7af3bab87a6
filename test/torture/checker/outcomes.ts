import type { Interference } from './belief.js';
import { nameOf, type Operation, type Refusal } from './operation.js';
import { mayBeRefused, saysRefused } from './refusals.js';
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

/** What attempts and releases may be told, and to whom etcd may have refused something. */
export function checkOutcomes(
  operations: readonly Operation[],
  interference: Interference,
): Violation[] {
  return operations.flatMap((operation) => {
    const { failed, unreleased } = operation;
    const found: Violation[] = [];
    const complain = ({ at, code, why }: Refusal, what: string) =>
      found.push({
        check: 'outcomes',
        at,
        detail: `${nameOf(operation)} ${what} with ${code} ${why}`,
      });
    if (failed && !isExpected(failed)) complain(failed, 'ended');
    if (unreleased && !isRefusal(unreleased))
      complain(unreleased, 'was released');
    return found;

    function isExpected(end: Refusal): boolean {
      if (!EXPECTED.has(end.code)) return false;
      return !saysRefused(end.why) || isRefusal(end);
    }

    function isRefusal({ at, code, why }: Refusal): boolean {
      return (
        code === 'LOCK_STORE' &&
        saysRefused(why) &&
        mayBeRefused(operation, at, interference)
      );
    }
  });
}
