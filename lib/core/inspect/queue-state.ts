import { readyForJson } from '../api/json.js';
import type { LockMode } from '../api/lock.js';
import { TicketsAhead } from '../queue/admission.js';
import { deeplyFrozen } from '../options/deeply-frozen.js';
import { decodeKey } from '../options/key.js';
import type { LockState, TicketState } from '../api/lock-state.js';
import type { StoredKey } from '../store/lock-store.js';
import { compareTickets, readTicket } from '../queue/ticket.js';

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
  const ahead = new TicketsAhead();
  for (const stored of [...tickets].sort(compareTickets)) {
    const ticket = ticketState(stored);
    const lockMode = ticket as LockMode;
    (ahead.admits(lockMode) ? holders : waiters).push(ticket);
    ahead.add(lockMode);
  }
  return readyForJson({ key, etcdName: prefix, holders, waiters });
}

/** Whoever follows a long queue sees most of its tickets again at each change. */
const read = new WeakMap<StoredKey, TicketState>();

function ticketState(stored: StoredKey): TicketState {
  let state = read.get(stored);
  if (state === undefined) {
    const { lockMode, note } = readTicket(stored.value);
    // Whoever looks is shown the same one.
    state = deeplyFrozen(
      readyForJson({
        ticket: stored.key,
        createRevision: stored.createRevision,
        lease: stored.lease.toString(16),
        ...lockMode,
        ...note,
      }),
    );
    read.set(stored, state);
  }
  return state;
}
