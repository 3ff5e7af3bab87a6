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

/**
 * Calls somebody's listener, whose trouble is its own: `onError` hears what it throws and what it
 * rejects with, for it may be asynchronous, whatever its type says.
 */
export function reportingErrors(
  onError: (error: unknown) => void,
  call: () => unknown,
): void {
  try {
    const result = call();
    if (isThenable(result)) Promise.resolve(result).catch(onError);
  } catch (error) {
    onError(error);
  }
}

export function isThenable(value: unknown): value is PromiseLike<unknown> {
  return (
    typeof value === 'object' &&
    value !== null &&
    typeof (value as Partial<PromiseLike<unknown>>).then === 'function'
  );
}
