import type { Admission } from './admission.js';

/** Why a bid will not be admitted, or is no longer. */
export type BidEnd =
  | { readonly why: 'session-over' | 'ticket-gone' | 'abandoned' }
  | { readonly why: 'conflict'; readonly detail: string };

export type BidVerdict = { readonly why: 'admitted' } | BidEnd;

export interface BidTerms {
  readonly prefixes: readonly string[];
  readonly admission: Admission;
  readonly value: string;
}
