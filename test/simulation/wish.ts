import type { Wish } from './attempt.js';
import type { Random } from './random.js';
import type { Habits } from './habits.js';
import type { Rule } from './ticket-record.js';

const ALONE: Rule = { mode: 'exclusive', permits: 1 };

/** What one caller asks for next. */
export function drawWish(
  habits: Habits,
  random: Random,
  requestTimeoutMs: number,
): Wish {
  const { rules } = habits;
  const names = Object.keys(rules);
  const first = random.pick(names);
  const second = random.pick(names);
  const keys =
    random.chance(habits.several) && second !== first
      ? [first, second]
      : [first];
  // Everybody who names a key may also want it alone.
  const rule =
    keys.length > 1 || random.chance(0.2)
      ? ALONE
      : mistaken(rules[first]!, random);
  const waitMs = random.chance(habits.tries) ? 0 : random.pick(habits.waitsMs);
  const minHoldMs = random.chance(habits.minHold)
    ? random.between(50, 1500)
    : 0;
  const maxHoldMs = random.chance(habits.maxHold)
    ? minHoldMs + random.between(20, 500)
    : Infinity;
  const ttl = random.pick(habits.ttlsMs);
  const dedicatedLease = random.chance(habits.dedicated);
  const keepable =
    rule.mode === 'exclusive' &&
    keys.length === 1 &&
    minHoldMs === 0 &&
    !dedicatedLease;
  // Not asked of chance where nobody keeps: the other families draw as they always did.
  const keeps = habits.keep > 0 && keepable && random.chance(habits.keep);
  const keepMs = keeps ? random.pick(habits.keepsMs) : 0;
  const shared = rule.mode === 'exclusive' && keys.length === 1;
  return {
    keys,
    rule,
    waitMs,
    patienceMs: waitMs === 0 ? requestTimeoutMs : waitMs,
    minHoldMs,
    maxHoldMs,
    keepMs,
    queue: shared && !dedicatedLease ? `${ttl} ${first}` : undefined,
    options: {
      waitTimeout: waitMs,
      ttl,
      dedicatedLease,
      ...(rule.mode === 'shared' && { mode: rule.mode }),
      ...(rule.mode === 'permits' && { permits: rule.permits }),
      ...(minHoldMs > 0 && { minHold: minHoldMs }),
      ...(maxHoldMs < Infinity && { maxHold: maxHoldMs }),
      ...(keepMs > 0 && { keep: keepMs }),
      ...(random.chance(habits.metadata) && {
        metadata: { note: random.whole(1, 9) },
      }),
    },
  };
}

/** Now and then somebody has another number of permits in mind than the rest. */
function mistaken(rule: Rule, random: Random): Rule {
  if (rule.mode !== 'permits' || random.chance(0.9)) return rule;
  return { mode: 'permits', permits: rule.permits + 1 };
}

/** The same wish for one who holds `outer` already: whoever holds must not wait for ever. */
export function shorter(wish: Wish, outer: Wish): Wish {
  const keys = wish.keys.filter((key) => !outer.keys.includes(key));
  if (keys.length === 0) return { ...outer, queue: undefined };
  const waitMs = Math.min(wish.waitMs, 300);
  return {
    ...wish,
    keys,
    waitMs,
    patienceMs: Math.min(wish.patienceMs, 300),
    options: { ...wish.options, waitTimeout: waitMs },
  };
}
