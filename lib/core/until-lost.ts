/** Follows `work`, but not beyond the loss of the lock. Its later fate is nobody's concern. */
export function untilLost<T>(
  work: Promise<T>,
  signal: AbortSignal,
): Promise<T> {
  return new Promise((resolve, reject) => {
    const onLost = () => reject(signal.reason as Error);
    signal.addEventListener('abort', onLost, { once: true });
    void work.then(resolve, reject).finally(() => {
      signal.removeEventListener('abort', onLost);
    });
    if (signal.aborted) onLost();
  });
}
