import type { HistoryRecord } from '../history/history-record.js';
import { beliefsOf, interferenceIn } from './belief.js';
import { checkExclusion } from './exclusion.js';
import { checkFirstCome } from './first-come.js';
import { checkLinearizable } from './linearizable-lock.js';
import { checkLiveness } from './liveness.js';
import { checkLosses } from './losses.js';
import { type Operation, operationsOf } from './operation.js';
import { checkOutcomes } from './outcomes.js';
import { checkRegisters, type RegisterFindings } from './registers.js';
import { checkHolderTokens, checkTokenOrder, type Tokens } from './tokens.js';
import type { Violation } from './violation.js';

export interface Verdict {
  readonly violations: readonly Violation[];
  readonly operations: readonly Operation[];
  readonly registers: RegisterFindings;
}

export interface CheckOptions {
  /** How long after the last heal whoever waits may be kept waiting. */
  readonly livenessBoundMs: number;
  readonly tokensBefore?: Tokens;
}

/** Knows nothing of the library: only what processes wrote down while they used it. */
export function check(
  history: readonly HistoryRecord[],
  { livenessBoundMs, tokensBefore }: CheckOptions,
): Verdict {
  const operations = operationsOf(history);
  const interference = interferenceIn(history);
  const { restores } = interference;
  const beliefs = beliefsOf(operations, interference);
  const registers = checkRegisters(history);
  const violations = [
    ...checkExclusion(beliefs),
    ...checkTokenOrder(operations, restores, tokensBefore),
    ...checkHolderTokens(beliefs, restores),
    ...checkLinearizable(beliefs, restores),
    ...registers.violations,
    ...checkFirstCome(history, operations, interference),
    ...checkLiveness(history, operations, interference, livenessBoundMs),
    ...checkOutcomes(operations, interference),
    ...checkLosses(operations, interference),
  ];
  return { violations, operations, registers };
}
