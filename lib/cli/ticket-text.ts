import type { LockState, TicketState } from '../core/index.js';
import { printable } from './printable.js';

/** Who wrote a ticket, as far as it says. */
export function ownerOf({ host, pid, label }: TicketState): string {
  if (host === undefined) return 'another client';
  const process = pid === undefined ? host : `${host} pid ${pid}`;
  return printable(label ? `${process} (${label})` : process);
}

export function modeOf({ mode, permits }: TicketState): string {
  return mode === 'permits' ? `${permits} permits` : mode;
}

/** The first holder, and how many there are besides. */
export function holdersOf({ holders }: LockState): string {
  const [first, ...others] = holders;
  if (first === undefined) return '';
  const more = others.length === 0 ? '' : ` and ${others.length} more`;
  return ownerOf(first) + more;
}
