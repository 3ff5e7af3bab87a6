import type { LockMode } from '../api/lock.js';
import type { LockMetadata } from '../api/lock.js';
import type { LeaseId, Revision } from '../store/lock-store.js';

/** Who wrote a ticket, for people who look. */
export interface TicketOwner {
  readonly host: string;
  readonly pid: number;
  readonly label: string;
}

export interface TicketNote extends Partial<TicketOwner> {
  readonly since?: number;
  readonly trace?: string;
  readonly metadata?: LockMetadata;
}

interface TicketTerms {
  readonly since: number;
  readonly trace?: string | undefined;
  /** JSON already: it is written down once, where its owner hands it in. */
  readonly metadata?: string | undefined;
}

/** A ticket that is known to be in etcd. */
export interface Ticket {
  readonly prefix: string;
  readonly name: string;
  readonly createRevision: Revision;
}

/**
 * `<prefix><lease in hex>`, then `-<slot>`: the lay-out of etcd's own lock recipe, which orders
 * whatever stands under the prefix by create revision and so waits for us, and we for it.
 */
export function ticketName(
  prefix: string,
  lease: LeaseId,
  slot: number,
): string {
  const base = prefix + lease.toString(16);
  return slot === 0 ? base : `${base}-${slot}`;
}

/** What all tickets of one owner have in common, written once. */
export function signatureOf(owner: TicketOwner): string {
  return JSON.stringify(owner).slice(1, -1);
}

export function writeTicket(
  lockMode: LockMode,
  signature: string,
  { since, trace, metadata }: TicketTerms,
): string {
  const permits =
    lockMode.mode === 'permits' ? `,"permits":${lockMode.permits}` : '';
  const traced = trace ? `,"trace":${JSON.stringify(trace)}` : '';
  const more = traced + (metadata ? `,"metadata":${metadata}` : '');
  return `{"mode":"${lockMode.mode}"${permits},${signature},"since":${since}${more}}`;
}

/** Whatever cannot be read counts as exclusive: tickets of `etcdctl lock` and Go are empty. */
export function readTicket(value: string): {
  lockMode: LockMode;
  note: TicketNote;
} {
  const parsed = parse(value);
  const { mode, permits } = parsed;
  const note = noteIn(parsed);
  if (mode === 'shared') return { lockMode: { mode }, note };
  if (mode === 'permits' && isWhole(permits)) {
    return { lockMode: { mode, permits }, note };
  }
  return {
    lockMode: { mode: 'exclusive' },
    note: mode === 'exclusive' ? note : {},
  };
}

function isWhole(permits: unknown): permits is number {
  return Number.isSafeInteger(permits) && (permits as number) >= 1;
}

/** Anybody may write anything: fields of another kind are left out. */
function noteIn(parsed: Record<string, unknown>): TicketNote {
  const { host, pid, label, since, trace, metadata } = parsed;
  return {
    ...(typeof host === 'string' && { host }),
    ...(Number.isSafeInteger(pid) && { pid: pid as number }),
    ...(typeof label === 'string' && { label }),
    ...(Number.isFinite(since) && { since: since as number }),
    ...(typeof trace === 'string' && { trace }),
    ...(typeof metadata === 'object' &&
      metadata !== null && { metadata: metadata as LockMetadata }),
  };
}

function parse(value: string): Record<string, unknown> {
  try {
    const parsed: unknown = JSON.parse(value);
    return typeof parsed === 'object' && parsed !== null ? { ...parsed } : {};
  } catch {
    return {};
  }
}
