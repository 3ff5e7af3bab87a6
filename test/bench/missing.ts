/** Whoever is not here takes no part, and the report says so. */
export interface Found {
  readonly go: boolean;
  readonly redis: boolean;
}

const NO_GO =
  'Go’s mutex was left out: no Go of 1.24 or later was found, or it could not build the client.';
const NO_REDIS =
  'The locks on Redis were left out: no redis-server was found, and none could be brought.';

export function notesOnMissing({ go, redis }: Found): string[] {
  return [...(go ? [] : [NO_GO]), ...(redis ? [] : [NO_REDIS])];
}
