/** A promise whose state can be looked at. Its rejection counts as handled. */
export interface Followed<T> {
  readonly state: 'pending' | 'resolved' | 'rejected';
  readonly value: T | undefined;
  readonly error: unknown;
}

export function follow<T>(promise: Promise<T>): Followed<T> {
  const followed: {
    state: Followed<T>['state'];
    value: T | undefined;
    error: unknown;
  } = { state: 'pending', value: undefined, error: undefined };
  promise.then(
    (value) => Object.assign(followed, { state: 'resolved', value }),
    (error: unknown) => Object.assign(followed, { state: 'rejected', error }),
  );
  return followed;
}
