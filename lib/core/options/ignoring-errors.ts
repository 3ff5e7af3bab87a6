/** What an observer throws is its own affair: undefined instead. */
export function ignoringErrors<T>(observe: () => T): T | undefined {
  try {
    return observe();
  } catch {
    return undefined;
  }
}
