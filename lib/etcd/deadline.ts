import { StoreError } from '../core/index.js';

/** When a call must have ended, on this process's monotonic clock. */
export type Deadline = number;

export function deadlineIn(ms: number): Deadline {
  return performance.now() + ms;
}

/** The same moment as gRPC wants to have it: on the wall clock, read at the last moment. */
export function grpcDeadline(deadline: Deadline): number {
  return Date.now() + Math.max(0, deadline - performance.now());
}

/** Rejects with `timeout`, outcome not-applied, once `deadline` has passed. */
export function within<T>(
  deadline: Deadline,
  what: string,
  promise: Promise<T>,
): Promise<T> {
  return new Promise((resolve, reject) => {
    const ms = Math.max(0, deadline - performance.now());
    const timer = setTimeout(() => {
      const message = `${what} took longer than the call may take`;
      reject(new StoreError('timeout', 'not-applied', message));
    }, ms);
    timer.unref();
    promise.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}
