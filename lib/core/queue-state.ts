import { type Admission, admits } from './admission.js';
import { decodeKey } from './key.js';
import type { LockState, TicketState } from './lock-state.js';
import type { StoredKey } from './lock-store.js';
import { readTicket } from './ticket.js';

/** The prefix of the queue that a key of the namespace stands in, if it is a ticket. */
export function queueOf(namespace: string, name: string): string | undefined {
  const end = name.indexOf('/', namespace.length);
  const prefix = name.slice(0, end + 1);
  // What begins with @ is the bookkeeping of this library.
  if (end === -1 || prefix.startsWith(`${namespace}@`)) return undefined;
  return prefix;
}

/** The lock whose queue has this prefix. */
export function lockStateOf(
  namespace: string,
  prefix: string,
  tickets: readonly StoredKey[],
): LockState {
  const key = decodeKey(prefix.slice(namespace.length, -1));
  const holders: TicketState[] = [];
  const waiters: TicketState[] = [];
  const ahead: Admission[] = [];
  for (const stored of tickets) {
    const { admission } = readTicket(stored.value);
    (admits(admission, ahead) ? holders : waiters).push(ticketState(stored));
    ahead.push(admission);
  }
  return { key, etcdName: prefix, holders, waiters };
}

function ticketState(stored: StoredKey): TicketState {
  const { admission, note } = readTicket(stored.value);
  return {
    ticket: stored.key,
    createRevision: stored.createRevision,
    lease: stored.lease.toString(16),
    ...admission,
    ...note,
  };
}
