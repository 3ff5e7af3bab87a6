import { isLockError } from '../../lib/core/index.js';
import type { Attempt } from './attempt.js';
import type { Random } from './random.js';
import type { Referee } from './referee.js';
import type { TicketRecord } from './ticket-record.js';

/** The client that takes locks away from others. */
export const OPERATOR = 'operator';

/** Whether somebody took the ticket away whom its holder cannot know of. */
export function isForeign({ deleted }: TicketRecord): boolean {
  if (deleted === undefined) return false;
  const { cause } = deleted;
  return (
    cause.by === 'operator' ||
    (cause.by === 'process' && cause.name === OPERATOR)
  );
}

/** What is wrong with the loss that a holder was just told of. */
export function checkLoss(
  { demands, now }: Referee,
  attempt: Attempt,
  error: unknown,
): string | undefined {
  const { client, wish, name, tickets } = attempt;
  if (!isLockError(error, 'LOCK_LOST')) return `${name} was lost for ${error}`;
  if (attempt.lock!.held) return `${name} was lost and says it is held`;
  switch (error.reason) {
    case 'session':
      return demands.noSessionLoss ? `${name} lost its session` : undefined;
    case 'max-hold': {
      const held = now - attempt.grantedAt;
      return held < wish.maxHoldMs * 0.9 &&
        !attempt.reentrant &&
        !client.process.clock.wasStepped
        ? `${name} was taken back after ${held.toFixed(0)} ms`
        : undefined;
    }
    case 'shutdown':
      return client.closing ? undefined : `${name} was lost to no shutdown`;
    case 'taken':
      return tickets.some(wasTaken)
        ? undefined
        : `${name} was told that somebody took its ticket, but nobody had`;
  }
}

/** Whether a ticket went in any way but by the hand of the process that had put it. */
export function wasTaken(ticket: TicketRecord): boolean {
  const { deleted, owner } = ticket;
  if (deleted === undefined) return false;
  return deleted.cause.by !== 'process' || deleted.cause.name !== owner;
}

/** What is wrong with what a handle says first after its process was stopped. */
export function checkResumed(
  attempt: Attempt,
  random: Random,
): string | undefined {
  const lock = attempt.lock!;
  const ask = {
    held: () => lock.held,
    remaining: () => lock.remaining() > 0,
    assertHeld: () => {
      try {
        lock.assertHeld();
        return true;
      } catch {
        return false;
      }
    },
  };
  const question = random.pick(['held', 'remaining', 'assertHeld'] as const);
  const says = ask[question]();
  const gone = attempt.tickets.find(
    (ticket) => ticket.deleted !== undefined && !isForeign(ticket),
  );
  if (says && gone)
    return `${attempt.name} says it is held, after ${gone.name} went`;
  if (
    ask.held() !== says ||
    ask.remaining() !== says ||
    ask.assertHeld() !== says
  )
    return `${attempt.name} contradicts itself on whether it is held`;
  if (!says && !lock.signal.aborted)
    return `${attempt.name} is not held and its signal is silent`;
  return undefined;
}
