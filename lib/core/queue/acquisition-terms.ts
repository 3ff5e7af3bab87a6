import type { LockMode } from '../api/lock.js';
import type { StoreError } from '../store/lock-store.js';
import type { Acquisition } from './acquisition.js';
import type { EntryBatch } from './entry-batch.js';
import type { QueueWatcher } from './queue-watcher.js';
import type { TicketSlot } from './ticket-removal.js';

/** What one acquisition is for. */
export interface AcquisitionTerms {
  readonly prefixes: readonly string[];
  readonly lockMode: LockMode;
  readonly value: string;
  /** Whether the ticket is to say that it may be kept. */
  readonly keeps: boolean;
  /** Lets it enter together with others of this process. */
  readonly batch?: EntryBatch | undefined;
  /** Nothing is left of it, or will be done about what is. */
  onGone(acquisition: Acquisition): void;
}

/** The place of one ticket, and what is known of the queue it is in. */
export interface Slot extends TicketSlot {
  readonly watcher: QueueWatcher;
}

/** Why an acquisition will not be admitted, or is no longer. */
export type AcquisitionEnd =
  | { readonly why: 'session-over' | 'ticket-gone' | 'abandoned' }
  | { readonly why: 'conflict'; readonly detail: string }
  | { readonly why: 'refused'; readonly error: StoreError };

export type AcquisitionOutcome = { readonly why: 'admitted' } | AcquisitionEnd;

export type TryOutcome = AcquisitionOutcome | { readonly why: 'busy' };

/** Who has the keys by the tickets of an acquisition. */
export interface Holder {
  acquisitionEnded(end: AcquisitionEnd): void;
}
