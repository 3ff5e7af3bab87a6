import {
  removedAll,
  removeTransaction,
  type Stray,
} from './queue-transactions.js';
import { newBackoff, type ClientContext } from '../context/client-context.js';
import type { Session } from '../session/session.js';
import { StoreError } from '../store/lock-store.js';
import type { Ticket } from './ticket.js';
import { elapsedBetween } from '../time/clock.js';

/**
 * - `removed`: our tickets stood in etcd until we took them out, or ended their lease
 * - `was-gone`: somebody else had taken at least one of them out before
 * - `left-to-lease`: the session is over; what is left dies with its lease
 */
export type RemovalOutcome = 'removed' | 'was-gone' | 'left-to-lease';

/**
 * Deletes tickets, again and again until etcd has confirmed it or the session is over. Calls
 * `onStuck` once when that takes longer than a TTL.
 */
export async function removeTickets(
  context: ClientContext,
  session: Session,
  tickets: readonly (Stray | Ticket)[],
  onStuck: (error: StoreError) => void,
): Promise<RemovalOutcome> {
  const { clock, commits } = context;
  const backoff = newBackoff(context);
  const since = clock.now();
  let mayHaveLeft = false;
  let stuck = false;
  while (session.checkAlive()) {
    try {
      const reply = await commits.submit(removeTransaction(tickets));
      if (removedAll(reply) || mayHaveLeft) return 'removed';
      if (session.checkAlive()) return 'was-gone';
      break;
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      if (error.outcome === 'unknown') mayHaveLeft = true;
      if (!stuck && elapsedBetween(since, clock.now()) > session.ttlMs) {
        stuck = true;
        onStuck(error);
      }
    }
    await backoff.pause();
  }
  const outcome = await outcomeOfSessionEnd(session);
  return outcome === 'was-gone' && mayHaveLeft ? 'removed' : outcome;
}

/** What became of the tickets of a session that is over. */
export async function outcomeOfSessionEnd(
  session: Session,
): Promise<RemovalOutcome> {
  switch (await session.leaseEnd) {
    case 'gone':
      return 'was-gone';
    case 'revoked':
      return 'removed';
    case 'unknown':
      return 'left-to-lease';
  }
}
