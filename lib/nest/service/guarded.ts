/**
 * Calls somebody's listener, whose trouble is its own: `onError` hears what it throws and what it
 * rejects with, for it may be asynchronous, whatever its type says.
 */
export function guarded(
  onError: (error: unknown) => void,
  listen: () => unknown,
): void {
  try {
    const result = listen();
    if (typeof result === 'object' && result !== null) {
      Promise.resolve(result).catch(onError);
    }
  } catch (error) {
    onError(error);
  }
}
