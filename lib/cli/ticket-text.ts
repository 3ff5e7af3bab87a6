import type { LockState, TicketState } from '../core/index.js';
import { printable } from './printable.js';

const LONGEST_NAME = 100;

/** Who wrote a ticket, as far as it says, and whether all of it could be read. */
export function ownerOf(ticket: TicketState): string {
  const owner = printable(writerOf(ticket));
  return ticket.unreadable ? `${owner}, unreadable` : owner;
}

function writerOf({ host, pid, label }: TicketState): string {
  if (host === undefined) return 'another client';
  const process = pid === undefined ? short(host) : `${short(host)} pid ${pid}`;
  return label ? `${process} (${short(label)})` : process;
}

function short(name: string): string {
  return name.length <= LONGEST_NAME ? name : `${name.slice(0, LONGEST_NAME)}…`;
}

export function modeOf({ mode, permits }: TicketState): string {
  return mode === 'permits' ? `${permits} permits` : mode;
}

/** Whether its holder keeps it between holds, so that it may be unused. Waiters keep nothing yet. */
export function keptBy({ holders }: LockState): boolean {
  return holders[0]?.kept === true;
}

/** The first holder, and how many there are besides. */
export function holdersOf({ holders }: LockState): string {
  const [first, ...others] = holders;
  if (first === undefined) return '';
  const more = others.length === 0 ? '' : ` and ${others.length} more`;
  return ownerOf(first) + more;
}
