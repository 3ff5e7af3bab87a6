import { StoreError } from '../core/index.js';

interface Failure {
  readonly host: string;
  readonly error: StoreError;
}

/** Why none of the hosts served that a call has asked. */
export function noneServed(
  failures: readonly Failure[],
  last: StoreError,
): StoreError {
  const hosts = new Map<string, string>();
  for (const { host, error } of failures) hosts.set(host, error.message);
  if (hosts.size < 2 || last.outcome === 'unknown') return last;
  const silent = failures.every(({ error }) => error.reason === 'timeout');
  const named = [...hosts].map(([host, message]) =>
    message.includes(host) ? message : `${host}: ${message}`,
  );
  return new StoreError(
    silent ? 'timeout' : 'unavailable',
    'not-applied',
    `none of ${hosts.size} hosts serves: ${named.join('; ')}`,
    { cause: last },
  );
}
