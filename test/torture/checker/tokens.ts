import type { Belief } from './belief.js';
import { nameOf, type Operation } from './operation.js';
import type { Violation } from './violation.js';

/** The greatest token of each key so far. */
export type Tokens = Map<string, bigint>;

/**
 * Who asked after another had been served has the greater token. `before` carries what earlier
 * histories of the same cluster have seen, and is brought up to date.
 */
export function checkTokenOrder(
  operations: readonly Operation[],
  before: Tokens = new Map(),
): Violation[] {
  const violations: Violation[] = [];
  const floors = new Map<Operation, (bigint | undefined)[]>();
  for (const { operation, served } of momentsOf(operations)) {
    const { keys, token } = operation;
    if (!served) {
      floors.set(
        operation,
        keys.map((key) => before.get(key)),
      );
    } else if (token !== undefined) {
      for (const [index, key] of keys.entries()) {
        const floor = floors.get(operation)![index];
        if (floor !== undefined && !isGreater(operation, floor)) {
          violations.push({
            check: 'tokens',
            at: operation.okAt!,
            detail: `"${key}": ${nameOf(operation)} asked after ${floor} had been given, and got ${token}`,
          });
        }
        if (token > (before.get(key) ?? 0n)) before.set(key, token);
      }
    }
  }
  return violations;
}

/** Of holders who were alone, each has a greater token than the one before. */
export function checkHolderTokens(beliefs: readonly Belief[]): Violation[] {
  const violations: Violation[] = [];
  const last = new Map<string, Belief>();
  const alone = beliefs
    .filter(({ operation }) => operation.mode === 'exclusive')
    .filter(({ operation }) => operation.token !== undefined)
    .sort((one, other) => one.from - other.from);
  for (const belief of alone) {
    const before = last.get(belief.key);
    const { operation, from: at, key } = belief;
    if (before && !isGreater(operation, before.operation.token!)) {
      violations.push({
        check: 'tokens',
        at,
        detail: `"${key}": ${nameOf(operation)} has ${operation.token}, ${nameOf(before.operation)} before it ${before.operation.token}`,
      });
    }
    last.set(key, belief);
  }
  return violations;
}

/** As great is enough for what a process has kept. */
function isGreater({ token, kept }: Operation, than: bigint): boolean {
  return kept ? token! >= than : token! > than;
}

function momentsOf(operations: readonly Operation[]) {
  return operations
    .flatMap((operation) => [
      { at: operation.invokedAt, operation, served: false },
      ...(operation.okAt === undefined
        ? []
        : [{ at: operation.okAt, operation, served: true }]),
    ])
    .sort((one, other) => one.at - other.at);
}
