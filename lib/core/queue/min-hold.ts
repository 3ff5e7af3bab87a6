import { elapsedBetween } from '../time/clock.js';
import { type RemovalOutcome, outcomeOfSessionEnd } from './remove-tickets.js';
import { type GrantedLease, StoreError } from '../store/lock-store.js';
import { rewriteTransaction } from './queue-transactions.js';
import { newBackoff, type ClientContext } from '../context/client-context.js';
import type { Session } from '../session/session.js';
import type { Ticket } from './ticket.js';

export interface Kept {
  readonly outcome: RemovalOutcome;
  /** Resolves to true once the tickets are surely gone, to false when that will not be known. */
  readonly gone: Promise<boolean>;
}

/**
 * Moves tickets from their session to a lease that ends in `ms`, in one guarded transaction: they
 * keep their places, so their queues stay closed, and nobody has to be alive for it. etcd counts
 * in whole seconds and has a shortest TTL; while this process lives it ends the lease on time.
 */
export async function keepTickets(
  context: ClientContext,
  session: Session,
  tickets: readonly Ticket[],
  value: string,
  ms: number,
): Promise<Kept> {
  const { clock, store, commits, requestTimeoutMs: timeoutMs } = context;
  const since = clock.now();
  const backoff = newBackoff(context);
  let lease: GrantedLease | undefined;
  let mayHaveMoved = false;
  while (session.checkAlive()) {
    try {
      lease ??= await store.grantLease(Math.ceil(ms / 1000), { timeoutMs });
      const move = rewriteTransaction(tickets, value, lease.id);
      const { succeeded } = await commits.submit(move);
      if (succeeded || mayHaveMoved)
        return { outcome: 'removed', gone: endOnTime(lease, ms) };
      const gone = endOnTime(lease, 0);
      if (session.checkAlive()) return { outcome: 'was-gone', gone };
      break;
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      if (error.outcome === 'unknown') mayHaveMoved = lease !== undefined;
      if (error.reason === 'lease-not-found') lease = undefined;
    }
    await backoff.pause();
  }
  return {
    outcome: mayHaveMoved ? 'removed' : await outcomeOfSessionEnd(session),
    gone: Promise.resolve(false),
  };

  async function endOnTime(
    { id }: GrantedLease,
    inMs: number,
  ): Promise<boolean> {
    const left = inMs - elapsedBetween(since, clock.now());
    if (left > 0)
      await new Promise<void>((resolve) => clock.setTimer(left, resolve));
    try {
      await store.revokeLease(id, { timeoutMs });
      return true;
    } catch (error) {
      context.emit({ type: 'background-failure', error: error as Error });
      return false;
    }
  }
}
