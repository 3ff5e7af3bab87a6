import { isLockError } from '../../lib/core/index.js';
import type { Attempt } from './attempt.js';
import type { Referee } from './referee.js';

/** What is wrong with the error that a caller was just given instead of a lock. */
export function checkFailure(
  referee: Referee,
  attempt: Attempt,
  error: unknown,
): string | undefined {
  const { name, wish, client } = attempt;
  const { noStoreErrors } = referee.demands;
  attempt.mayHaveLeftTickets = true;
  if (error === ABORTED)
    return attempt.aborted ? undefined : `${name} was aborted by nobody`;
  if (!isLockError(error)) return `${name} failed with ${String(error)}`;
  if (isLockError(error, 'LOCK_CLOSED'))
    return client.closing || client.locks.drained
      ? undefined
      : `${name} was refused by an open client`;
  if (isLockError(error, 'LOCK_CONFLICT')) return undefined;
  if (isLockError(error, 'LOCK_STORE')) {
    if (noStoreErrors) return `${name} failed with ${error.message}`;
    return error.outcome === 'unknown'
      ? undefined
      : checkClean(referee, attempt);
  }
  if (isLockError(error, 'LOCK_BUSY')) {
    if (wish.waitMs > 0) return `${name} wanted to wait and was told "busy"`;
    return checkBusy(referee, attempt) ?? checkClean(referee, attempt);
  }
  if (isLockError(error, 'LOCK_TIMEOUT')) {
    const waited = referee.now - attempt.invokedAt;
    if (wish.waitMs === 0)
      return `${name} did not wait, and was told a timeout`;
    if (waited < wish.waitMs * 0.9 && !client.process.clock.wasStepped)
      return `${name} gave up after ${waited.toFixed(0)} ms`;
    return checkClean(referee, attempt);
  }
  return `${name} failed with ${String(error)}`;
}

/** The reason of every signal that aborts a wait in a simulation. */
export const ABORTED = new Error('the caller has lost patience');

/** An error that leaves no doubt: nothing of the attempt is in the cluster, nor will be. */
function checkClean(referee: Referee, attempt: Attempt): string | undefined {
  attempt.mayHaveLeftTickets = false;
  for (const queue of attempt.queues) {
    const ours = referee.attempts.filter(
      ({ client, queues }) =>
        client === attempt.client && queues.includes(queue),
    );
    const owned = new Set(ours.flatMap(({ tickets }) => tickets));
    // A late copy may have put one of these again; its owner will take it out.
    const leaving = new Set(
      ours
        .filter(({ confirmedOut }) => !confirmedOut)
        .flatMap(({ tickets }) => tickets.map(({ name }) => name)),
    );
    const unowned = referee.world.ledger.queue(queue).filter(
      (ticket) =>
        ticket.owner === attempt.client.name &&
        // Whatever came of a lease that was lost before is of an earlier attempt.
        !(attempt.client.lostLeases.get(ticket.lease)! < attempt.invokedAt) &&
        !owned.has(ticket) &&
        !referee.world.ledger.wasRobbed(ticket.name) &&
        !leaving.has(ticket.name),
    );
    const candidates = ours.filter(
      ({ state, mayHaveLeftTickets }) =>
        state === 'pending' || mayHaveLeftTickets,
    );
    // One who waits may have lost a session, and with it a ticket that dies with its lease.
    const certain =
      candidates.length === 0
        ? unowned
        : unowned.filter(({ lease }) => !attempt.client.lostLeases.has(lease));
    if (certain.length > candidates.length)
      return `${attempt.name} failed cleanly, but ${unowned[0]!.name} stands`;
  }
  return undefined;
}

function checkBusy(referee: Referee, attempt: Attempt): string | undefined {
  const { ledger } = referee.world;
  const busy = attempt.queues.some((queue) =>
    ledger.wasBusySince(queue, attempt.invokedAt),
  );
  const neighbours = referee.attempts.some(
    (other) =>
      other !== attempt &&
      other.client === attempt.client &&
      other.endedAt >= attempt.invokedAt &&
      other.queues.some((queue) => attempt.queues.includes(queue)),
  );
  if (!busy && !neighbours)
    return `${attempt.name} was told "busy" about a free lock`;
  // A release may be on its way.
  const since = attempt.invokedAt - referee.demands.latencyMs;
  const used = referee.attempts.some(
    (other) =>
      other !== attempt &&
      (other.endedAt >= since || other.wish.minHoldMs > 0) &&
      other.queues.some((queue) => attempt.queues.includes(queue)),
  );
  return used || referee.demands.latencyMs === Infinity
    ? undefined
    : `${attempt.name} was told "busy" about a lock that nobody used`;
}
