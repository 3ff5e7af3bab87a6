/** One call of some object, as those saw it who made it. */
export interface Call<Operation> {
  readonly called: number;
  /** Undefined where nobody heard of its end: it may have taken effect at any later time, or never. */
  readonly returned?: number | undefined;
  readonly operation: Operation;
}

/** What an object may do, one operation after the other. */
export interface Specification<State, Operation> {
  readonly initial: State;
  /** The state after the operation with the answer that it had; undefined if it cannot have had it. */
  step(state: State, operation: Operation): State | undefined;
  /** States with one name are one state. */
  nameOf(state: State): string;
  /** What is likely to come first has the lesser number: it saves time and decides nothing. */
  rank?(operation: Operation): number;
}

export type Linearization<Operation> =
  | { readonly outcome: 'linearizable'; readonly order: readonly Operation[] }
  /** `order` is the longest that was found; after it none of `stuck` fits. */
  | {
      readonly outcome: 'not linearizable';
      readonly order: readonly Operation[];
      readonly stuck: readonly Operation[];
    }
  /** The search was given up. */
  | { readonly outcome: 'undecided'; readonly order: readonly Operation[] };

interface Node<State, Operation> {
  readonly state: State;
  readonly left: readonly Call<Operation>[];
  readonly before: readonly Operation[];
}

/**
 * Looks for an order of the calls that the specification allows and in which no call comes after one
 * that was made when it had returned (Wing and Gong, "Testing and verifying concurrent objects",
 * 1993). What remains to be ordered in a state is looked at once (Lowe, "Testing for
 * linearizability", 2017).
 */
export function linearize<State, Operation>(
  calls: readonly Call<Operation>[],
  specification: Specification<State, Operation>,
  mostNodes = 200_000,
): Linearization<Operation> {
  const { initial, step, nameOf, rank = () => 0 } = specification;
  const numbers = new Map(calls.map((call, index) => [call, index]));
  const seen = new Set<string>();
  let best: Node<State, Operation> = {
    state: initial,
    left: calls,
    before: [],
  };
  const open: Node<State, Operation>[] = [best];
  for (let nodes = 0; nodes < mostNodes; nodes += 1) {
    const node = open.pop();
    if (node === undefined) {
      const stuck = firstOf(best.left).map(({ operation }) => operation);
      return { outcome: 'not linearizable', order: best.before, stuck };
    }
    if (node.before.length > best.before.length) best = node;
    if (node.left.every(({ returned }) => returned === undefined))
      return { outcome: 'linearizable', order: node.before };
    const candidates = firstOf(node.left).sort(
      (one, other) => rank(other.operation) - rank(one.operation),
    );
    for (const call of candidates) {
      const state = step(node.state, call.operation);
      if (state === undefined) continue;
      const left = node.left.filter((one) => one !== call);
      const name = `${nameOf(state)} ${left.map((one) => numbers.get(one)).join()}`;
      if (seen.has(name)) continue;
      seen.add(name);
      open.push({ state, left, before: [...node.before, call.operation] });
    }
  }
  return { outcome: 'undecided', order: best.before };
}

/** Those that none of the others had come before. */
function firstOf<Operation>(
  calls: readonly Call<Operation>[],
): Call<Operation>[] {
  const firstReturn = Math.min(
    ...calls.map(({ returned }) => returned ?? Infinity),
  );
  return calls.filter(({ called }) => called <= firstReturn);
}
