import { StoreError } from '../core/index.js';

/** When a call must have ended, on this process's monotonic clock. */
export type Deadline = number;

const LONGEST_TIMER_MS = 2 ** 31 - 1;

export function deadlineIn(ms: number): Deadline {
  return performance.now() + ms;
}

/** What is left until `deadline`, in milliseconds that a timer takes. */
export function timeLeft(deadline: Deadline): number {
  const ms = Math.max(0, deadline - performance.now());
  return Math.min(ms, LONGEST_TIMER_MS);
}

/** Rejects with `timeout`, outcome not-applied, once `deadline` has passed. */
export function within<T>(
  deadline: Deadline,
  promise: Promise<T>,
  late: () => string,
): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      reject(new StoreError('timeout', 'not-applied', late()));
    }, timeLeft(deadline));
    timer.unref();
    promise.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}
