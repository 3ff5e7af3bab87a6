import type { LockState, TicketState } from '../core/index.js';
import type {
  ShownHolder,
  ShownLock,
  ShownTicket,
  ShownToken,
} from './wire.js';

/** A picture shows no more of one queue; the numbers still count all. */
const MOST_TICKETS = 50;
const LONGEST_NAME = 300;
const LONGEST_METADATA = 2_000;

/** When something was seen. A snapshot shows what is, but not how it came about. */
export interface Sighting {
  readonly at: number;
  readonly revision: bigint;
  readonly kind: 'change' | 'snapshot';
}

/** A lock as the page shows it, with what was learnt about its holders on the way. */
export function shownLock(
  state: LockState,
  before: ShownLock | undefined,
  sighting: Sighting,
): ShownLock {
  const holders = state.holders
    .slice(0, MOST_TICKETS)
    .map((holder) => shownHolder(holder, before, sighting));
  return {
    id: state.etcdName,
    key: state.key,
    holders,
    holding: state.holders.length,
    waiters: state.waiters.slice(0, MOST_TICKETS).map(shownTicket),
    waiting: state.waiters.length,
  };
}

export function sameTicket(a: ShownTicket, b: ShownTicket): boolean {
  return a.ticket === b.ticket && a.created === b.created;
}

function shownHolder(
  holder: TicketState,
  before: ShownLock | undefined,
  sighting: Sighting,
): ShownHolder {
  const ticket = shownTicket(holder);
  const known = before?.holders.find((other) => sameTicket(other, ticket));
  if (known) return { ...known, ...ticket };
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

function shownTicket(state: TicketState): ShownTicket {
  const { createRevision, host, instance, metadata, ...rest } = state;
  return {
    ...rest,
    ...(host !== undefined && { host: shortName(host) }),
    ...(instance !== undefined && { instance: shortName(instance) }),
    created: createRevision.toString(),
    ...(metadata !== undefined && { metadata: shortJson(metadata) }),
  };
}

function shortName(name: string): string {
  return name.length <= LONGEST_NAME
    ? name
    : `${name.slice(0, LONGEST_NAME)} …`;
}

function shortJson(value: unknown): string {
  const json = JSON.stringify(value) ?? '';
  if (json.length <= LONGEST_METADATA) return json;
  return `${json.slice(0, LONGEST_METADATA)} … (${json.length} characters)`;
}
