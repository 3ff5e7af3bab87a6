import { type Lock, LockNotHeldError } from '../core/index.js';
import { currentLock, lockInContext } from '../core/internal.js';

/** The locks of the running code: of its own call and of the calls it was made from. */
export const LockContext = {
  /**
   * The innermost lock that the running code still holds, through `@DistributedLock` or
   * `withLock`. Follows `await`, `Promise.all`, timers and events; work that outlives the lock
   * does not see it any more.
   */
  current(): Lock | undefined {
    return currentLock();
  },

  /**
   * Makes sure that the running code holds `key`, for code that relies on its callers to lock.
   *
   * @throws {LockNotHeldError} when it does not, or when the lock was released
   * @throws {LockLostError} when the lock was lost
   */
  assertHeld(key: string): void {
    const lock = lockInContext(key);
    if (lock === undefined) {
      throw new LockNotHeldError(
        key,
        'the running code was not called under it',
      );
    }
    lock.assertHeld();
  },
};
