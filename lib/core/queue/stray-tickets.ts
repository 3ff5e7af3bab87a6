import { type ClientContext, newBackoff } from '../context/client-context.js';
import type { Session } from '../session/session.js';
import { ticketPages } from './ticket-pages.js';
import { removeTransaction, type Stray } from './queue-transactions.js';
import { slotOf } from './ticket.js';

/** A name that is in use hides a stray of that name until it is free. */
const PASSES = 3;

/**
 * Removes the tickets of a session that none of its users owns: a store that was restored from a
 * backup may hold some that were removed since. Tries until it succeeds or the session ends, and
 * their lease with it.
 */
export async function removeStrays(
  context: ClientContext,
  session: Session,
): Promise<void> {
  for (let pass = 0; pass < PASSES; pass += 1) {
    await newBackoff(context).retryWhile(
      () => session.checkAlive(),
      () => removeOnce(context, session),
    );
    if (!session.checkAlive()) return;
    await new Promise<void>((resolve) => {
      const cancel = context.clock.setTimer(session.ttlMs, resolve);
      void session.leaseEnd.then(() => {
        cancel();
        resolve();
      });
    });
  }
}

async function removeOnce(
  context: ClientContext,
  session: Session,
): Promise<true | undefined> {
  try {
    const strays = await straysOf(context, session);
    for (const stray of strays)
      await context.commits.submit(removeTransaction([stray]));
    return true;
  } catch {
    return undefined;
  }
}

/** What was put after the read is a ticket of somebody who has taken the name since. */
async function straysOf(
  context: ClientContext,
  { lease, slots }: Session,
): Promise<readonly Stray[]> {
  const strays: Stray[] = [];
  for await (const { keys, revision: putBy } of ticketPages(
    context,
    context.namespace,
  )) {
    for (const { key: name, lease: owner } of keys) {
      if (owner !== lease) continue;
      const slot = slotOf(name, lease);
      if (slot === undefined || slots.isTaken(slot.prefix, slot.number))
        continue;
      strays.push({ prefix: slot.prefix, name, putBy });
    }
  }
  return strays;
}
