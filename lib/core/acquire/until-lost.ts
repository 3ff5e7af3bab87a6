import type { Hold } from './hold.js';

/** Follows `work`, but not beyond the loss of the lock. Its later fate is nobody's concern. */
export function untilLost<T>(work: Promise<T>, hold: Hold): Promise<T> {
  return new Promise((resolve, reject) => {
    const stopListening = hold.onLost(reject);
    void work.then(resolve, reject).finally(stopListening);
  });
}
