/** What an observer throws is its own affair: undefined instead. */
export function quietly<T>(observe: () => T): T | undefined {
  try {
    return observe();
  } catch {
    return undefined;
  }
}
