import type { Mode } from '../history/history-record.js';
import type { Belief } from './belief.js';
import {
  type Call,
  type Linearization,
  linearize,
  type Specification,
} from './linearization.js';
import { nameOf } from './operation.js';
import { epochOf, type Restore } from './restore.js';
import type { Violation } from './violation.js';

/** One time during which somebody was told to hold a key. */
export interface Held {
  readonly who: string;
  readonly mode: Mode;
  readonly permits: number;
  readonly token?: bigint | undefined;
  /** Its process had kept the lock, and so has the token of before. */
  readonly kept?: boolean | undefined;
  readonly asked: number;
  readonly granted: number;
  /** From then on its holder does not count on it; `Infinity`: to the end of the history. */
  readonly until: number;
}

/** `end` is whatever ends it: a release, a lease, an operator. */
export interface LockOperation {
  readonly kind: 'acquire' | 'end';
  readonly held: Held;
}

interface LockState {
  readonly holders: readonly Held[];
  /** The greatest token of all, and of those who were alone. */
  readonly highest: bigint;
  readonly highestAlone: bigint;
}

/**
 * A lock with fencing tokens, as a textbook has it: it is acquired and given back at single moments,
 * holders suit each other, and the tokens of successive holders grow.
 */
export const LOCK: Specification<LockState, LockOperation> = {
  initial: { holders: [], highest: 0n, highestAlone: 0n },

  step({ holders, highest, highestAlone }, { kind, held }) {
    if (kind === 'end') {
      if (!holders.includes(held)) return undefined;
      const others = holders.filter((one) => one !== held);
      return { holders: others, highest, highestAlone };
    }
    const alone =
      held.mode === 'exclusive' ||
      (held.mode === 'permits' && held.permits === 1);
    const same = holders.every(({ mode }) => mode === held.mode);
    const most = held.mode === 'shared' ? Infinity : alone ? 1 : held.permits;
    if (!same || holders.length >= most) return undefined;
    const { token } = held;
    const grown = [...holders, held];
    if (token === undefined) return { holders: grown, highest, highestAlone };
    const floor = alone ? highest : highestAlone;
    if (held.kept ? token !== floor : token <= floor) return undefined;
    return {
      holders: grown,
      highest: token > highest ? token : highest,
      highestAlone: alone ? token : highestAlone,
    };
  },

  nameOf: ({ highest, highestAlone }) => `${highest} ${highestAlone}`,

  rank: ({ kind, held }) =>
    kind === 'end' ? Infinity : Number(held.token ?? -1n),

  frees: ({ kind }) => kind === 'end',
};

/** What is known of who held one key. */
export function judge(holdings: readonly Held[]): Linearization<LockOperation> {
  const calls = holdings.flatMap((held): Call<LockOperation>[] => {
    const { asked: called, granted: returned, until } = held;
    const acquire = {
      called,
      returned,
      operation: { kind: 'acquire', held },
    } as const;
    if (until === Infinity) return [acquire];
    return [acquire, { called: until, operation: { kind: 'end', held } }];
  });
  return linearize(calls, LOCK);
}

/**
 * The beliefs of a history, as those of a lock that never heard of leases or queues; its tokens only
 * as far as none has begun again.
 */
export function checkLinearizable(
  beliefs: readonly Belief[],
  restores: readonly Restore[],
): Violation[] {
  const keys = [...new Set(beliefs.map(({ key }) => key))];
  const setbacks = restores.filter(({ bump }) => bump === 0n);
  return [undefined, ...setbacks].flatMap((_, epoch) =>
    keys.flatMap((key) => {
      const holdings = beliefs
        .filter((one) => one.key === key)
        .map((belief) => {
          const counts = epochOf(belief.operation, restores) === epoch;
          const held = heldOf(belief);
          return counts ? held : { ...held, token: undefined };
        });
      return complaintsOf(key, holdings);
    }),
  );
}

function complaintsOf(key: string, holdings: readonly Held[]): Violation[] {
  const found = judge(holdings);
  if (found.outcome === 'linearizable') return [];
  const stuck = found.outcome === 'undecided' ? [] : found.stuck;
  const names = stuck.map(({ kind, held }) => `${kind} of ${held.who}`);
  const detail = `"${key}": ${found.outcome} after ${found.order.length} steps: ${names.join(', ')}`;
  return [{ check: 'linearizable', detail }];
}

function heldOf({ operation, from, to }: Belief): Held {
  const { mode, permits, token, keptFrom, invokedAt } = operation;
  return {
    who: nameOf(operation),
    mode,
    permits,
    token,
    kept: keptFrom !== undefined,
    asked: invokedAt,
    granted: from,
    until: to,
  };
}
