import type { Belief } from './belief.js';
import { nameOf } from './operation.js';
import type { Violation } from './violation.js';

/** Of those who were sure to hold one key at one time, all have to admit each other. */
export function checkExclusion(beliefs: readonly Belief[]): Violation[] {
  const violations: Violation[] = [];
  const inside = new Map<string, Set<Belief>>();
  for (const { at, belief, begins } of edgesOf(beliefs)) {
    const others = inside.get(belief.key) ?? new Set();
    inside.set(belief.key, others);
    if (!begins) {
      others.delete(belief);
      continue;
    }
    if (!admits(belief, others)) {
      const names = [...others].map(({ operation }) => nameOf(operation));
      const detail = `"${belief.key}": ${nameOf(belief.operation)} met ${names.join(' and ')}`;
      violations.push({ check: 'exclusion', at, detail });
    }
    others.add(belief);
  }
  return violations;
}

interface Edge {
  readonly at: number;
  readonly belief: Belief;
  readonly begins: boolean;
}

/** At equal times, ends come first. */
function edgesOf(beliefs: readonly Belief[]): Edge[] {
  return beliefs
    .flatMap((belief) => [
      { at: belief.from, belief, begins: true },
      { at: belief.to, belief, begins: false },
    ])
    .sort(
      (one, other) =>
        one.at - other.at || Number(one.begins) - Number(other.begins),
    );
}

function admits(newcomer: Belief, others: ReadonlySet<Belief>): boolean {
  const { mode, permits } = newcomer.operation;
  if (mode === 'exclusive') return others.size === 0;
  if ([...others].some(({ operation }) => operation.mode !== mode))
    return false;
  return mode === 'shared' || others.size < permits;
}
