import { type ClientContext, newBackoff } from '../context/client-context.js';
import type { Session } from '../session/session.js';
import { type GrantedLease, StoreError } from '../store/lock-store.js';
import { steadyBetween, type Instant } from '../time/clock.js';
import { rewriteTransaction } from './queue-transactions.js';
import { outcomeOfSessionEnd, type RemovalOutcome } from './remove-tickets.js';
import type { Ticket } from './ticket.js';

export interface MovedTickets {
  readonly outcome: RemovalOutcome;
  /** Resolves to true once the tickets are surely gone, to false when that will not be known. */
  readonly gone: Promise<boolean>;
}

/**
 * Moves tickets from their session to a lease that ends in `ms`, in one guarded transaction: they
 * keep their places, so their queues stay closed, and nobody has to be alive for it. etcd counts
 * in whole seconds and has a shortest TTL; while this process lives it ends the lease on time.
 *
 * @returns undefined when that did not succeed before the time was over: the tickets may go
 */
export async function moveToOwnLease(
  context: ClientContext,
  session: Session,
  tickets: readonly Ticket[],
  value: string,
  ms: number,
): Promise<MovedTickets | undefined> {
  const { clock, store, commits, requestTimeoutMs: timeoutMs } = context;
  const since = clock.now();
  let lease: GrantedLease | undefined;
  let mayHaveMoved = false;
  const move = async (): Promise<MovedTickets | undefined> => {
    try {
      lease ??= await store.grantLease(Math.ceil(ms / 1000), { timeoutMs });
      const { succeeded } = await commits.submit(
        rewriteTransaction(tickets, value, lease.id),
      );
      if (succeeded || mayHaveMoved)
        return {
          outcome: 'removed',
          gone: endLease(context, lease, since, ms),
        };
      const gone = endLease(context, lease, since, 0);
      return session.checkAlive() ? { outcome: 'was-gone', gone } : undefined;
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      if (error.outcome === 'unknown') mayHaveMoved = lease !== undefined;
      if (error.reason === 'lease-not-found') lease = undefined;
      return undefined;
    }
  };
  const moved = await newBackoff(context).retryWhile(
    () => session.checkAlive() && steadyBetween(since, clock.now()) < ms,
    move,
  );
  if (moved === undefined && session.checkAlive()) return undefined;
  return (
    moved ?? {
      outcome: mayHaveMoved ? 'removed' : await outcomeOfSessionEnd(session),
      gone: Promise.resolve(false),
    }
  );
}

/** Ends the lease `afterMs` after `since`. Resolves to whether that is confirmed. */
async function endLease(
  context: ClientContext,
  { id }: GrantedLease,
  since: Instant,
  afterMs: number,
): Promise<boolean> {
  const { clock, store, requestTimeoutMs: timeoutMs } = context;
  const left = afterMs - steadyBetween(since, clock.now());
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
