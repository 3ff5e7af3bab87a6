import { createHash } from 'node:crypto';
import type { LockState, TicketState } from '../core/index.js';
import type {
  ShownHolder,
  ShownLock,
  ShownTicket,
  ShownToken,
} from './wire.js';

/** A picture shows no more of one queue; the numbers still count all. */
const MOST_TICKETS = 50;
/** Of a lock, so many have metadata with them. */
const MOST_METADATA = 10;
const LONGEST_KEY = 1_100;
const LONGEST_NAME = 300;
const LONGEST_METADATA = 2_000;

/** When something was seen. A snapshot shows what is, but not how it came about. */
export interface Sighting {
  readonly at: number;
  readonly revision: bigint;
  readonly kind: 'change' | 'snapshot';
}

/** What to call a lock: its name in etcd, unless that is endless. */
export function shownId(etcdName: string): string {
  if (etcdName.length <= LONGEST_KEY) return etcdName;
  const hash = createHash('sha256').update(etcdName).digest('hex');
  return `${etcdName.slice(0, LONGEST_KEY)} … ${hash}`;
}

/** A lock as the page shows it, with what was learnt about its holders on the way. */
export function shownLock(
  id: string,
  state: LockState,
  before: ShownLock | undefined,
  sighting: Sighting,
): ShownLock {
  const holders = state.holders
    .slice(0, MOST_TICKETS)
    .map((holder, place) =>
      shownHolder(holder, place < MOST_METADATA, before, sighting),
    );
  return {
    id,
    key: cut(state.key, LONGEST_KEY),
    holders,
    holding: state.holders.length,
    waiters: state.waiters
      .slice(0, MOST_TICKETS)
      .map((waiter) => shownTicket(waiter)),
    waiting: state.waiters.length,
  };
}

export function sameTicket(a: ShownTicket, b: ShownTicket): boolean {
  return a.ticket === b.ticket && a.created === b.created;
}

function shownHolder(
  holder: TicketState,
  withMetadata: boolean,
  before: ShownLock | undefined,
  sighting: Sighting,
): ShownHolder {
  const ticket = shownTicket(holder, withMetadata);
  const known = before?.holders.find((other) => sameTicket(other, ticket));
  if (known) {
    const { token, heldFrom } = known;
    return {
      ...ticket,
      token,
      ...(heldFrom !== undefined && { heldFrom }),
    };
  }
  const waited =
    before?.waiters.some((other) => sameTicket(other, ticket)) ?? false;
  // Or it was one of many, who are shown as others leave.
  const hidden = before !== undefined && before.holding > before.holders.length;
  const began = sighting.kind === 'change' && (waited || !hidden);
  return {
    ...ticket,
    token: shownToken(holder, waited, sighting),
    ...(began && { heldFrom: sighting.at }),
  };
}

/**
 * A holder's fencing token is not in etcd. It is the ticket's create revision if the ticket never
 * waited; else the revision of the event that let it in, or a greater one.
 */
function shownToken(
  { mode, createRevision }: TicketState,
  waited: boolean,
  { kind, revision }: Sighting,
): ShownToken {
  if (kind === 'change' && mode === 'exclusive') {
    // Nothing had happened since it was created, and it was the holder.
    if (revision === createRevision) return tokenOf(revision, 'exact');
    if (waited) return tokenOf(revision, 'seen');
  }
  return tokenOf(createRevision, 'least');
}

function tokenOf(revision: bigint, how: ShownToken['how']): ShownToken {
  return { value: revision.toString(), how };
}

function shownTicket(state: TicketState, withMetadata = false): ShownTicket {
  const { createRevision, ticket, host, label, trace, metadata, ...rest } =
    state;
  return {
    ...rest,
    ticket: shownId(ticket),
    ...(host !== undefined && { host: cut(host, LONGEST_NAME) }),
    ...(label !== undefined && { label: cut(label, LONGEST_NAME) }),
    ...(trace !== undefined && { trace: cut(trace, LONGEST_NAME) }),
    created: createRevision.toString(),
    ...(withMetadata &&
      metadata !== undefined && { metadata: shortJson(metadata) }),
  };
}

function cut(text: string, longest: number): string {
  return text.length <= longest ? text : `${text.slice(0, longest)} …`;
}

function shortJson(value: unknown): string {
  const json = JSON.stringify(value) ?? '';
  if (json.length <= LONGEST_METADATA) return json;
  return `${json.slice(0, LONGEST_METADATA)} … (${json.length} characters)`;
}
