import type { Attempt } from './attempt.js';
import { isForeign } from './check-loss.js';
import type { Referee } from './referee.js';
import type { TicketRecord } from './ticket-record.js';

/** Clocks may be this wrong about a time. */
const RATE = 0.05;

/** What is wrong with the end of a ticket whose holder named a shortest time. */
export function checkShortest(
  { now }: Referee,
  { wish, client, grantedAt, reentrant, name, tickets }: Attempt,
  { deleted, lease }: TicketRecord,
): string | undefined {
  const { cause } = deleted!;
  const ownDoing = cause.by === 'process' && cause.name === client.name;
  const excused =
    reentrant ||
    tickets.some(isForeign) ||
    client.closing !== undefined ||
    client.process.clock.wasStepped ||
    client.lostLeases.has(lease);
  const held = now - grantedAt;
  return ownDoing && !excused && held < wish.minHoldMs * (1 - RATE)
    ? `${name} was to be kept for ${wish.minHoldMs.toFixed(0)} ms, and went after ${held.toFixed(0)}`
    : undefined;
}

/** What is wrong with a release that comes after the longest time its holder had named. */
export function checkLongest(
  { now }: Referee,
  { wish, client, grantedAt, reentrant, name }: Attempt,
): string | undefined {
  const held = now - grantedAt;
  const undisturbed = client.process.disturbedAt < grantedAt;
  return held > wish.maxHoldMs * (1 + RATE) && undisturbed && !reentrant
    ? `${name} was held for ${held.toFixed(0)} ms and not taken back`
    : undefined;
}
