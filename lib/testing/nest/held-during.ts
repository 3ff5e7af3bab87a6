import { LockContext } from '../../nest/lock-context.js';

/** `work`, failing unless its caller holds `key` from beginning to end. */
export function heldDuring<Args extends unknown[], Result>(
  key: string,
  work: (...args: Args) => Result,
): (...args: Args) => Result {
  return (...args) => {
    LockContext.assertHeld(key);
    const result = work(...args);
    if (result instanceof Promise) {
      return result.finally(() => LockContext.assertHeld(key)) as Result;
    }
    LockContext.assertHeld(key);
    return result;
  };
}
