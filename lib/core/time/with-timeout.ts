import type { Clock } from './clock.js';

/**
 * What `work` resolves to, or undefined if that takes longer than `ms`. It must not reject. Keeps the
 * process alive meanwhile.
 */
export function withTimeout<T>(
  clock: Clock,
  ms: number,
  work: Promise<T>,
): Promise<T | undefined> {
  return new Promise((resolve) => {
    const cancel = clock.setTimer(ms, () => resolve(undefined), {
      keepAlive: true,
    });
    void work.then((value) => {
      cancel();
      resolve(value);
    });
  });
}
