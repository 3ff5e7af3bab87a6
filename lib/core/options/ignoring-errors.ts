/**
 * Calls what somebody else has handed in. What it throws or rejects with, now or later, is its own
 * affair: undefined instead. Nobody waits for it.
 */
export function ignoringErrors<T>(call: () => T): T | undefined {
  try {
    const result = call();
    // An async function is taken for a callback everywhere; its rejection would end the process.
    if (isThenable(result)) result.then(undefined, () => {});
    return result;
  } catch {
    return undefined;
  }
}

export function isThenable(value: unknown): value is PromiseLike<unknown> {
  return (
    typeof value === 'object' &&
    value !== null &&
    typeof (value as Partial<PromiseLike<unknown>>).then === 'function'
  );
}
