import type { Random } from '../../simulation/random.js';
import type { Mode } from '../history/history-record.js';

/** What a caller is about to ask for, and what it does when it has it. */
export interface Wish {
  readonly how: 'acquire' | 'try' | 'with';
  readonly keys: readonly string[];
  readonly mode: Mode;
  readonly permits?: number;
  readonly waitMs: number;
  readonly abortAfterMs?: number;
  readonly minHoldMs?: number;
  readonly dedicatedLease?: boolean;
  readonly keepMs?: number;
  readonly holdMs: number;
}

/** Keys that `etcdctl lock` wants as well. */
export const SHARED_WITH_ETCDCTL = 'hot:etcdctl';

const HOT = ['hot:1', 'hot:2', SHARED_WITH_ETCDCTL];
const WARM_KEYS = 6;
const COLD_KEYS = 60;
const SLOW_KEYS = 8;
/** So few that they are often taken where they are kept, and often wanted elsewhere. */
const KEPT_KEYS = 12;

/** Registers stand behind these: who holds one is alone. */
export function hasRegister(key: string): boolean {
  return /^(hot:[12]|warm:\d|slow:\d|kept:\d+)$/.test(key);
}

export function drawWish(
  random: Random,
  worker: { readonly index: number; readonly caller: number },
): Wish {
  const waitMs = random.pick([500, 3_000, 10_000, 30_000, Infinity]);
  const holdMs = Math.min(random.exponential(15), 300);
  const usual = { how: 'acquire', mode: 'exclusive', waitMs, holdMs } as const;
  const hot = random.pick(HOT);
  const cold = `cold:${random.whole(1, COLD_KEYS)}`;
  switch (
    random.weighted({
      hot: 6,
      cold: 5,
      shared: 3,
      permits: 3,
      several: 2,
      try: 3,
      abort: 1,
      minHold: 0.5,
      dedicated: 1,
      long: 4,
      slow: 1,
      kept: 6,
      keptHot: 1,
    })
  ) {
    case 'cold':
      return { ...usual, how: 'with', keys: [cold] };
    case 'shared':
      return {
        ...usual,
        keys: ['page'],
        // One process only reads, or only writes.
        mode: worker.index % 3 === 0 ? 'exclusive' : 'shared',
      };
    case 'permits':
      return { ...usual, keys: ['pool'], mode: 'permits', permits: 2 };
    case 'several':
      return {
        ...usual,
        keys: random.pick([
          ['hot:1', 'hot:2'],
          ['hot:2', 'hot:1'],
          [hot, cold],
        ]),
      };
    case 'try':
      return {
        ...usual,
        how: 'try',
        keys: [random.pick([hot, cold])],
        waitMs: 0,
      };
    case 'abort':
      return { ...usual, keys: [hot], abortAfterMs: random.whole(0, 1_000) };
    case 'minHold':
      return { ...usual, keys: [hot], minHoldMs: 200 };
    case 'dedicated':
      // Under a name that no other caller of this process uses.
      return {
        ...usual,
        keys: [`own:${worker.caller}`],
        dedicatedLease: true,
      };
    case 'kept':
      return {
        ...usual,
        ...keptWays(random),
        keys: [`kept:${random.whole(1, KEPT_KEYS)}`],
        // Some who come do not keep it.
        ...(random.chance(0.9) && { keepMs: 1_500 }),
      };
    case 'keptHot':
      return { ...usual, keys: [hot], keepMs: 500 };
    case 'long':
      return {
        ...usual,
        keys: [`warm:${random.whole(1, WARM_KEYS)}`],
        holdMs: random.between(500, 3_000),
      };
    case 'slow':
      // For longer than anything lasts of which its holder has to be told.
      return {
        ...usual,
        keys: [`slow:${random.whole(1, SLOW_KEYS)}`],
        waitMs: 500,
        holdMs: random.between(3_000, 12_000),
      };
    default:
      return { ...usual, how: random.pick(['acquire', 'with']), keys: [hot] };
  }
}

function keptWays(random: Random) {
  return random.chance(0.2)
    ? ({ how: 'try', waitMs: 0 } as const)
    : { how: random.pick(['acquire', 'with'] as const) };
}
