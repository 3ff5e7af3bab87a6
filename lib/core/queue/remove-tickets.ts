import { type ClientContext, newBackoff } from '../context/client-context.js';
import type { Session } from '../session/session.js';
import { StoreError } from '../store/lock-store.js';
import type { Backoff } from '../time/backoff.js';
import { elapsedBetween } from '../time/clock.js';
import {
  removedAll,
  removeTransaction,
  type Stray,
} from './queue-transactions.js';
import type { Ticket } from './ticket.js';

/**
 * - `removed`: our tickets stood in etcd until we took them out, or ended their lease
 * - `was-gone`: somebody else had taken at least one of them out before
 * - `left-to-lease`: what is left dies with its lease, whose session is over
 * - an error: etcd refuses to remove them; they die with the lease of a session that still lives, or
 *   are removed as strays
 */
export type RemovalOutcome =
  'removed' | 'was-gone' | 'left-to-lease' | StoreError;

/**
 * Deletes tickets, again and again until etcd has confirmed it, refuses it, or the session is over.
 * Calls `onTrouble` when that takes longer than a TTL, and when it is refused.
 */
export async function removeTickets(
  context: ClientContext,
  session: Session,
  tickets: readonly (Stray | Ticket)[],
  onTrouble: (error: StoreError) => void,
): Promise<RemovalOutcome> {
  const { clock, commits } = context;
  const since = clock.now();
  let backoff: Backoff | undefined;
  let mayBeRemoved = false;
  let stuck = false;
  while (session.checkAlive()) {
    try {
      const reply = await commits.submit(removeTransaction(tickets));
      if (removedAll(reply) || mayBeRemoved) return 'removed';
      if (session.checkAlive()) return 'was-gone';
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      mayBeRemoved ||= error.outcome === 'unknown';
      const late = elapsedBetween(since, clock.now()) > session.ttlMs;
      if (error.refusal || (late && !stuck)) onTrouble(error);
      if (error.refusal) return error;
      stuck ||= late;
    }
    backoff ??= newBackoff(context);
    if (session.checkAlive()) await backoff.pause();
  }
  const ended = await outcomeOfSessionEnd(session);
  return ended === 'was-gone' && mayBeRemoved ? 'removed' : ended;
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

/** Tickets that are being taken out. */
export interface Removal {
  readonly session: Session;
  readonly removed: Promise<RemovalOutcome>;
}

/** What is known of it by now: a lease that was left to itself may have ended meanwhile. */
export async function outcomeByNow({
  session,
  removed,
}: Removal): Promise<RemovalOutcome> {
  const outcome = await removed;
  const over = outcome === 'left-to-lease' && (await session.confirmLeaseEnd());
  return over ? 'removed' : outcome;
}
