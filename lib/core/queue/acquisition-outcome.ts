import type { LockMode } from './admission.js';

/** Why an acquisition will not be admitted, or is no longer. */
export type AcquisitionEnd =
  | { readonly why: 'session-over' | 'ticket-gone' | 'abandoned' }
  | { readonly why: 'conflict'; readonly detail: string };

export type AcquisitionOutcome = { readonly why: 'admitted' } | AcquisitionEnd;

export interface AcquisitionTerms {
  readonly prefixes: readonly string[];
  readonly lockMode: LockMode;
  readonly value: string;
}
