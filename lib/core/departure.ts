import {
  departuresIn,
  leaveTransaction,
  type Stray,
} from './queue-transactions.js';
import { newBackoff, type Runtime } from './runtime.js';
import type { Session } from './session.js';
import { StoreError } from './lock-store.js';
import type { Ticket } from './ticket.js';
import { elapsedBetween } from './clock.js';

/**
 * - `left`: our tickets stood in etcd until we took them out, or ended their lease
 * - `was-gone`: somebody else had taken at least one of them out before
 * - `lease`: the session is over; what is left dies with its lease
 */
export type Departure = 'left' | 'was-gone' | 'lease';

/**
 * Deletes tickets, again and again until etcd has confirmed it or the session is over. Calls
 * `onStuck` once when that takes longer than a TTL.
 */
export async function removeTickets(
  runtime: Runtime,
  session: Session,
  tickets: readonly (Stray | Ticket)[],
  onStuck: (error: StoreError) => void,
): Promise<Departure> {
  const { clock, commits } = runtime;
  const backoff = newBackoff(runtime);
  const since = clock.now();
  let mayHaveLeft = false;
  let stuck = false;
  while (!session.over) {
    try {
      const reply = await commits.submit(leaveTransaction(tickets));
      if (departuresIn(reply) || mayHaveLeft) return 'left';
      if (!session.over) return 'was-gone';
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
  const departure = await departedWith(session);
  return departure === 'was-gone' && mayHaveLeft ? 'left' : departure;
}

/** What became of the tickets of a session that is over. */
export async function departedWith(session: Session): Promise<Departure> {
  switch (await session.leaseEnd) {
    case 'gone':
      return 'was-gone';
    case 'revoked':
      return 'left';
    case 'unknown':
      return 'lease';
  }
}
