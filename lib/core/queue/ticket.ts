import type { LockMode } from '../api/lock.js';
import type { LockMetadata } from '../api/lock.js';
import type { LeaseId, Revision, StoredKey } from '../store/lock-store.js';

/** More than any ticket of this library: bounds what a foreign one costs all who look. */
const LARGEST_VALUE = 64 * 1024;
/** What `JSON.stringify`, unlike `JSON.parse`, can still write. */
const DEEPEST_METADATA = 100;

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
  readonly kept?: true;
  readonly unreadable?: true;
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

/** The inverse of {@link ticketName}; undefined for names that this library does not give. */
export function slotOf(
  name: string,
  lease: LeaseId,
): { readonly prefix: string; readonly number: number } | undefined {
  const prefix = name.slice(0, name.lastIndexOf('/') + 1);
  const number = Number(name.split('-').at(-1));
  const isFirst = name === ticketName(prefix, lease, 0);
  if (isFirst) return { prefix, number: 0 };
  return Number.isInteger(number) && name === ticketName(prefix, lease, number)
    ? { prefix, number }
    : undefined;
}

/** The order of a queue: by create revision, and by name among those that were put together. */
export function compareTickets(
  one: Pick<StoredKey, 'key' | 'createRevision'>,
  other: Pick<StoredKey, 'key' | 'createRevision'>,
): number {
  if (one.createRevision !== other.createRevision)
    return one.createRevision < other.createRevision ? -1 : 1;
  if (one.key === other.key) return 0;
  return one.key < other.key ? -1 : 1;
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

/**
 * What a ticket says besides of keeping:
 *
 * - `keep`: it may stand although nobody of its process uses the lock
 * - `ask`: it stands behind such a ticket only to hear whether the lock is in use
 */
export function marked(value: string, mark: 'keep' | 'ask'): string {
  return `${value.slice(0, -1)},"${mark}":true}`;
}

export function mayBeKept({ value }: StoredKey): boolean {
  return parse(value)['keep'] === true;
}

export function isAskingKeeper({ value }: StoredKey): boolean {
  return parse(value)['ask'] === true;
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
  const lockMode = { mode: 'exclusive' } as const;
  if (mode === 'exclusive') return { lockMode, note };
  return { lockMode, note: value === '' ? {} : { unreadable: true } };
}

const EXCLUSIVE: LockMode = { mode: 'exclusive' };

/** Many tickets of one process look at one read of their queue. */
const lockModes = new WeakMap<StoredKey, LockMode>();

/** What a ticket that was read asks for. */
export function lockModeOf(stored: StoredKey): LockMode {
  if (stored.value === '') return EXCLUSIVE;
  let lockMode = lockModes.get(stored);
  if (lockMode === undefined) {
    lockMode = readTicket(stored.value).lockMode;
    lockModes.set(stored, lockMode);
  }
  return lockMode;
}

function isWhole(permits: unknown): permits is number {
  return Number.isSafeInteger(permits) && (permits as number) >= 1;
}

/** Anybody may write anything: fields of another kind are left out. */
function noteIn(parsed: Record<string, unknown>): TicketNote {
  const { host, pid, label, since, trace, metadata, keep } = parsed;
  const tooDeep = isDeeperThan(DEEPEST_METADATA, metadata);
  return {
    ...(typeof host === 'string' && { host }),
    ...(Number.isSafeInteger(pid) && { pid: pid as number }),
    ...(typeof label === 'string' && { label }),
    ...(Number.isFinite(since) && { since: since as number }),
    ...(typeof trace === 'string' && { trace }),
    ...(keep === true && { kept: true }),
    ...(tooDeep && { unreadable: true }),
    ...(typeof metadata === 'object' &&
      metadata !== null &&
      !tooDeep && { metadata: metadata as LockMetadata }),
  };
}

function isDeeperThan(levels: number, value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  if (levels === 0) return true;
  return Object.values(value).some((part) => isDeeperThan(levels - 1, part));
}

function parse(value: string): Record<string, unknown> {
  // Most reads leave the values out, and nothing is as dear as an error that is thrown.
  if (value === '' || value.length > LARGEST_VALUE) return {};
  try {
    const parsed: unknown = JSON.parse(value);
    return typeof parsed === 'object' && parsed !== null ? { ...parsed } : {};
  } catch {
    return {};
  }
}
