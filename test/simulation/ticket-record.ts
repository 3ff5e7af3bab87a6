import type { StoredKey } from '../../lib/core/index.js';

/** Who made a change in the cluster. */
export type Cause =
  | { readonly by: 'process'; readonly name: string }
  | { readonly by: 'expiry' | 'operator' };

export interface Moment {
  readonly revision: bigint;
  readonly time: number;
}

/** One ticket as the cluster saw it, from its first put until its deletion. */
export interface TicketRecord {
  readonly queue: string;
  readonly name: string;
  readonly createRevision: bigint;
  /** The process that opened the lease it was put on. */
  readonly owner: string;
  readonly rule: Rule;
  lease: bigint;
  /** When the rule first let it in. */
  admitted?: Moment;
  deleted?: Moment & { readonly cause: Cause };
}

/** What a ticket asks for: written down again here, so that a mistake in the library shows. */
export interface Rule {
  readonly mode: 'exclusive' | 'shared' | 'permits';
  readonly permits: number;
}

export function ruleOf({ value }: StoredKey): Rule {
  try {
    const { mode, permits } = JSON.parse(value) as Partial<Rule>;
    if (mode === 'shared') return { mode, permits: Infinity };
    if (mode === 'permits' && permits! >= 1) return { mode, permits: permits! };
  } catch {
    // Somebody else's ticket.
  }
  return { mode: 'exclusive', permits: 1 };
}

/** Whether the ticket at `place` of a queue is let in. */
export function isLetIn(
  queue: readonly { readonly rule: Rule }[],
  place: number,
): boolean {
  const { rule } = queue[place]!;
  const ahead = queue.slice(0, place);
  switch (rule.mode) {
    case 'exclusive':
      return ahead.length === 0;
    case 'shared':
      return ahead.every((one) => one.rule.mode === 'shared');
    case 'permits':
      return (
        ahead.length < rule.permits &&
        ahead.every((one) => one.rule.mode === 'permits')
      );
  }
}

/** Whether two that hold one key at one time break its rule. `others` hold it already. */
export function mayJoin(own: Rule, others: readonly Rule[]): boolean {
  if (others.length === 0) return true;
  const same = others.every((other) => other.mode === own.mode);
  if (own.mode === 'shared') return same;
  return own.mode === 'permits' && same && others.length < own.permits;
}
