/** What became of a promise so far. Its rejection counts as handled. */
export interface Fate<T> {
  readonly known: boolean;
  readonly failed: boolean;
  readonly error: unknown;
  /** What it resolved to. */
  value(): T;
}

export function fateOf<T>(promise: Promise<T>): Fate<T> {
  let settled: { readonly value: T } | { readonly error: unknown } | undefined;
  promise.then(
    (value) => (settled = { value }),
    (error: unknown) => (settled = { error }),
  );
  return {
    get known() {
      return settled !== undefined;
    },
    get failed() {
      return settled !== undefined && 'error' in settled;
    },
    get error() {
      return settled !== undefined && 'error' in settled
        ? settled.error
        : undefined;
    },
    value() {
      if (settled === undefined) throw new Error('It is not known yet.');
      if ('error' in settled) throw settled.error;
      return settled.value;
    },
  };
}
