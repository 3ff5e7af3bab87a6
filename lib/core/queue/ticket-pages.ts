import {
  prefixRange,
  type Revision,
  type StoredKey,
  StoreError,
} from '../store/lock-store.js';
import type { ClientContext } from '../context/client-context.js';

const PAGE = 2_000;

/** More is no list that anybody looks at, and would have to be kept in memory. */
const MOST_TICKETS = 100_000;

/**
 * Reads all keys under a prefix, in pieces that etcd answers quickly. Each piece shows a revision
 * of its own.
 *
 * @throws {StoreError} also for more than `most` keys, by default 100,000
 */
export async function* ticketPages(
  {
    store,
    requestTimeoutMs: timeoutMs,
  }: Pick<ClientContext, 'store' | 'requestTimeoutMs'>,
  prefix: string,
  most = MOST_TICKETS,
): AsyncGenerator<{
  readonly keys: readonly StoredKey[];
  readonly revision: Revision;
  readonly last: boolean;
}> {
  const whole = prefixRange(prefix);
  let range = whole;
  let total = 0;
  for (;;) {
    const page = await store.read(
      { kind: 'range', range, orderBy: 'key', limit: PAGE },
      { timeoutMs },
    );
    if (total + page.count > most) {
      throw new StoreError(
        'too-large',
        'not-applied',
        `there are ${total + page.count} keys under ${prefix}, and lists end at ${most}`,
      );
    }
    total += page.keys.length;
    const last = page.count <= page.keys.length;
    yield { ...page, last };
    if (last) return;
    range = { ...whole, key: `${page.keys.at(-1)!.key}\0` };
  }
}
