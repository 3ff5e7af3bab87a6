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
  /** Whatever can come after some state can also come after this: it is done where it is possible. */
  frees?(operation: Operation): boolean;
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
  /** The numbers of those that are left, as bits. */
  readonly mask: bigint;
  /** Still to be tried here, the likeliest last. */
  readonly candidates: Call<Operation>[];
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
  const { initial, step, nameOf } = specification;
  const { rank = () => 0, frees = () => false } = specification;
  const bits = new Map(calls.map((call, index) => [call, 1n << BigInt(index)]));
  const seen = new Set<string>();
  const order: Operation[] = [];
  let longest: readonly Operation[] = [];
  let stuck: readonly Operation[] = [];
  const enter = (
    state: State,
    left: readonly Call<Operation>[],
    mask: bigint,
  ): Node<State, Operation> => {
    const candidates = firstOf(left).sort(
      (one, other) => rank(other.operation) - rank(one.operation),
    );
    if (order.length >= longest.length) {
      longest = [...order];
      stuck = candidates.map(({ operation }) => operation);
    }
    const freeing = candidates.find(
      ({ operation }) => frees(operation) && step(state, operation),
    );
    return { state, left, mask, candidates: freeing ? [freeing] : candidates };
  };
  const all = bits.size === 0 ? 0n : (1n << BigInt(calls.length)) - 1n;
  const path = [enter(initial, calls, all)];
  for (let nodes = 0; nodes < mostNodes;) {
    const node = path.at(-1);
    if (node === undefined)
      return { outcome: 'not linearizable', order: longest, stuck };
    if (node.left.every(({ returned }) => returned === undefined))
      return { outcome: 'linearizable', order };
    const call = node.candidates.pop();
    if (call === undefined) {
      path.pop();
      order.pop();
      continue;
    }
    const state = step(node.state, call.operation);
    if (state === undefined) continue;
    const mask = node.mask ^ bits.get(call)!;
    const name = `${nameOf(state)} ${mask.toString(36)}`;
    if (seen.has(name)) continue;
    seen.add(name);
    nodes += 1;
    order.push(call.operation);
    const left = node.left.filter((one) => one !== call);
    path.push(enter(state, left, mask));
  }
  return { outcome: 'undecided', order: longest };
}

/** Those that none of the others had come before. */
function firstOf<Operation>(
  calls: readonly Call<Operation>[],
): Call<Operation>[] {
  let firstReturn = Infinity;
  for (const { returned = Infinity } of calls)
    if (returned < firstReturn) firstReturn = returned;
  return calls.filter(({ called }) => called <= firstReturn);
}
