import type { StoreError } from '../core/index.js';

/** Whether a call that failed so at one host may fare better at another. */
export function goesElsewhere(error: StoreError): boolean {
  const { reason, outcome, message } = error;
  return (
    outcome === 'not-applied' &&
    (reason === 'unavailable' ||
      reason === 'timeout' ||
      reason === 'unknown') &&
    // All members would say so, and have the more to do for being asked.
    !message.includes('etcdserver: too many requests')
  );
}
