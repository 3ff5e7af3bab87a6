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
}

export interface EntryTerms {
  readonly entries: readonly Entry[];
  readonly value: string;
  readonly lease: LeaseId;
  /** Makes late copies fail. */
  readonly fence: Comparison;
  /** Values are needed only where the rule of admission depends on who is ahead. */
  readonly keysOnly: boolean;
}

/**
 * Puts the tickets, unless they are there, and reads each queue. Sent again, it does not do
 * anything again. `leaving` are tickets of ours to give up in the same breath.
 */
export function enterTransaction(
  terms: EntryTerms,
  leaving: readonly Ticket[] = [],
): Transaction {
  const reads = terms.entries.map((entry) =>
    readQueue(entry.prefix, terms.keysOnly),
  );
  return {
    compare: [
      terms.fence,
      ...terms.entries.map(({ name }) => absent({ key: name })),
    ],
    success: [...removals(leaving), ...puts(terms), ...reads],
    failure: reads,
  };
}

/**
 * Puts the tickets only if nobody stands in any of the queues who came after `seen`; `0n` means
 * nobody at all. Otherwise writes nothing and reads the queues.
 */
export function tryTransaction(terms: EntryTerms, seen: Revision): Transaction {
  const reads = terms.entries.map((entry) =>
    readQueue(entry.prefix, terms.keysOnly),
  );
  return {
    compare: [
      terms.fence,
      ...terms.entries.map(({ prefix }): Comparison => ({
        range: prefixRange(prefix),
        target: 'create',
        is: '<',
        to: seen + 1n,
      })),
    ],
    success: [...puts(terms), ...reads],
    failure: reads,
  };
}

function puts({ entries, value, lease }: EntryTerms): Operation[] {
  return entries.map(({ name }) => ({ kind: 'put', key: name, value, lease }));
}

/** A ticket that a late copy of a request may have put, under a name of ours. */
export interface Stray extends Entry {
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
