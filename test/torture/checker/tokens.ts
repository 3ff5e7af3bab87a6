import type { Belief } from './belief.js';
import { nameOf, type Operation } from './operation.js';
import { epochOf, type Restore } from './restore.js';
import type { Violation } from './violation.js';

/** The greatest token of each key so far. */
export type Tokens = Map<string, bigint>;

/**
 * Who asked after another had been served has the greater token, unless revisions have gone back
 * since. `before` carries what earlier histories of the same cluster have seen, and is brought up to
 * date.
 */
export function checkTokenOrder(
  operations: readonly Operation[],
  restores: readonly Restore[],
  before: Tokens = new Map(),
): Violation[] {
  const violations: Violation[] = [];
  const floors = new Map<Operation, (bigint | undefined)[]>();
  for (const moment of momentsOf(operations, restores)) {
    if (moment === 'setback') {
      before.clear();
      continue;
    }
    const { operation, served } = moment;
    if (epochOf(operation, restores) === undefined) continue;
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
export function checkHolderTokens(
  beliefs: readonly Belief[],
  restores: readonly Restore[],
): Violation[] {
  const violations: Violation[] = [];
  const last = new Map<string, Belief>();
  const alone = beliefs
    .filter(({ operation }) => operation.mode === 'exclusive')
    .filter(({ operation }) => operation.token !== undefined)
    .sort((one, other) => one.from - other.from);
  for (const belief of alone) {
    const { operation, from: at, key } = belief;
    const epoch = epochOf(operation, restores);
    if (epoch === undefined) continue;
    const name = `${epoch} ${key}`;
    const before = last.get(name);
    if (before && !isGreater(operation, before.operation.token!)) {
      violations.push({
        check: 'tokens',
        at,
        detail: `"${key}": ${nameOf(operation)} has ${operation.token}, ${nameOf(before.operation)} before it ${before.operation.token}`,
      });
    }
    last.set(name, belief);
  }
  return violations;
}

/**
 * As great is enough for what a process has kept. Who shares a key by a ticket of its process has that ticket's
 * token, also where others who share it came later, and were served before it asked: they are there together.
 */
function isGreater(
  { token, keptFrom, mode, put }: Operation,
  than: bigint,
): boolean {
  if (mode !== 'exclusive' && put !== undefined && put < than)
    return token! >= put;
  return keptFrom ? token! >= than : token! > than;
}

interface Moment {
  readonly operation: Operation;
  /** Or it asks. */
  readonly served: boolean;
}

function momentsOf(
  operations: readonly Operation[],
  restores: readonly Restore[],
): (Moment | 'setback')[] {
  const timed: { readonly at: number; readonly moment: Moment | 'setback' }[] =
    operations.flatMap((operation) => {
      const { invokedAt, okAt } = operation;
      const asks = { at: invokedAt, moment: { operation, served: false } };
      if (okAt === undefined) return [asks];
      return [asks, { at: okAt, moment: { operation, served: true } }];
    });
  for (const { bump, from } of restores)
    if (bump === 0n) timed.push({ at: from, moment: 'setback' });
  return timed
    .sort((one, other) => one.at - other.at)
    .map(({ moment }) => moment);
}
