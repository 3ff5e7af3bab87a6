import ms from 'ms';

/**
 * How long ago `since` was, empty where it is no time. The two come from the clocks of two
 * machines, so it can also lie ahead.
 */
export function age(since: number | undefined, now: number): string {
  if (since === undefined || !Number.isFinite(since)) return '';
  return since <= now ? ms(now - since) : `${ms(since - now)} ahead`;
}
