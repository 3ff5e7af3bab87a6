import type {
  Comparison,
  LeaseId,
  Operation,
  OperationReply,
  RangeOperation,
  Revision,
  Transaction,
  TransactionReply,
} from '../store/lock-store.js';
import { prefixRange } from '../store/lock-store.js';
import type { Ticket } from './ticket.js';

/** A ticket about to be put. */
export interface Entry {
  readonly prefix: string;
  readonly name: string;
  readonly value: string;
}

export interface EntryTerms {
  readonly entries: readonly Entry[];
  readonly lease: LeaseId;
  /** Makes late copies fail. */
  readonly fence: Comparison;
  /** Values are needed only where the rule of admission depends on who is ahead. */
  readonly keysOnly: boolean;
}

/** On what condition tickets are put. */
export type EntryCondition =
  /** Unless they are there: sent again, it does not do anything again. */
  | { readonly kind: 'enter' }
  /** Only if nobody stands in any of the queues who came after `seen`; `0n` means nobody at all. */
  | { readonly kind: 'try'; readonly seen: Revision };

/**
 * Puts the tickets on that condition, and reads each queue. Where it does not hold, nothing is
 * written. `leaving` are tickets of ours to give up in the same breath.
 */
export function entryTransaction(
  { entries, lease, fence, keysOnly }: EntryTerms,
  condition: EntryCondition,
  leaving: readonly Ticket[] = [],
): Transaction {
  const prefixes = [...new Set(entries.map(({ prefix }) => prefix))];
  const reads = prefixes.map((prefix) => readQueue(prefix, keysOnly));
  // Whether a lock is in use that is taken depends on what its ticket says.
  const looks =
    condition.kind === 'try' && keysOnly
      ? prefixes.map((prefix) => readQueue(prefix, false))
      : reads;
  const puts = entries.map(({ name, value }): Operation => ({
    kind: 'put',
    key: name,
    value,
    lease,
  }));
  const holds =
    condition.kind === 'enter'
      ? entries.map(({ name }) => absent({ key: name }))
      : prefixes.map((prefix) => nobodyAfter(condition.seen, prefix));
  return {
    compare: [fence, ...holds],
    success: [...removals(leaving), ...puts, ...reads],
    failure: looks,
  };
}

function nobodyAfter(seen: Revision, prefix: string): Comparison {
  return {
    range: prefixRange(prefix),
    target: 'create',
    is: '<',
    to: seen + 1n,
  };
}

/** A ticket that a late copy of a request may have put, under a name of ours. */
export interface Stray {
  readonly prefix: string;
  readonly name: string;
  /** What was put after this revision is another ticket. */
  readonly putBy: Revision;
}

/**
 * Deletes these tickets, each only if it still is the one we put: the name is used again, and a
 * late copy must not take the next ticket out.
 */
export function removeTransaction(
  tickets: readonly (Stray | Ticket)[],
): Transaction {
  return tickets.length === 1
    ? removal(tickets[0]!)
    : { compare: [], success: removals(tickets), failure: [] };
}

/** Whether every ticket that the transaction was to delete was still there. */
export function removedAll(reply: {
  readonly succeeded: boolean;
  readonly replies: readonly OperationReply[];
}): boolean {
  return (
    reply.succeeded &&
    reply.replies.every((one) =>
      one.kind === 'transaction'
        ? removedAll(one)
        : one.kind !== 'delete' || one.deleted > 0,
    )
  );
}

function removals(leaving: readonly (Stray | Ticket)[]): Operation[] {
  return leaving.map((ticket) => ({
    kind: 'transaction',
    transaction: removal(ticket),
  }));
}

function removal(ticket: Stray | Ticket): Transaction {
  return {
    compare:
      'createRevision' in ticket ? stillOurs([ticket]) : [putInTime(ticket)],
    success: [{ kind: 'delete', range: { key: ticket.name } }],
    failure: [],
  };
}

/**
 * Rewrites these tickets if nobody has since they were put: a late copy must not move tickets back
 * that were moved to another lease meanwhile.
 */
export function annotateTransaction(
  tickets: readonly Ticket[],
  value: string,
  lease: LeaseId,
): Transaction {
  return {
    ...rewriteTransaction(tickets, value, lease),
    compare: tickets.map(({ name, createRevision }) => ({
      range: { key: name },
      target: 'mod',
      is: '=',
      to: createRevision,
    })),
  };
}

/**
 * Says that a ticket of ours is in use, and sends those away who have come to ask: while it stands,
 * none of them can have been admitted.
 */
export function answerTransaction(
  own: Ticket,
  value: string,
  lease: LeaseId,
  asking: readonly Ticket[],
): Transaction {
  const rewrite = rewriteTransaction([own], value, lease);
  return { ...rewrite, success: [...rewrite.success, ...removals(asking)] };
}

/** Rewrites exactly these tickets, all or none; they keep their places. */
export function rewriteTransaction(
  tickets: readonly Ticket[],
  value: string,
  lease: LeaseId,
): Transaction {
  return {
    compare: stillOurs(tickets),
    success: tickets.map(({ name }) => ({
      kind: 'put',
      key: name,
      value,
      lease,
    })),
    failure: [],
  };
}

/** A transaction that runs only while all tickets stand. */
export function guarded(
  tickets: readonly Ticket[],
  transaction: Transaction,
): Transaction {
  return {
    compare: stillOurs(tickets),
    success: [{ kind: 'transaction', transaction }],
    failure: [],
  };
}

export function stillOurs(tickets: readonly Ticket[]): Comparison[] {
  return tickets.map(({ name, createRevision }) => ({
    range: { key: name },
    target: 'create',
    is: '=',
    to: createRevision,
  }));
}

export function readQueue(prefix: string, keysOnly: boolean): RangeOperation {
  return { kind: 'range', range: prefixRange(prefix), keysOnly };
}

/** The ranges at the end of a reply, one for each queue. */
export function queuesIn(reply: TransactionReply) {
  return reply.replies.filter((one) => one.kind === 'range');
}

function putInTime({ name, putBy }: Stray): Comparison {
  return { range: { key: name }, target: 'create', is: '<', to: putBy + 1n };
}

function absent(range: { key: string }): Comparison {
  return { range, target: 'create', is: '=', to: 0n };
}
