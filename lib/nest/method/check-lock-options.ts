import { LockConfigurationError } from '../../core/index.js';
import {
  ACQUIRE_OPTION_NAMES,
  checkAcquireOptions,
} from '../../core/internal.js';
import type { DistributedLockOptions } from './distributed-lock-options.js';
import {
  choiceProblems,
  problemsOf,
  typeProblems,
  unknownOptions,
} from './option-problems.js';

/** A call of a method brings no signal of its own. */
const ACQUIRE_OPTIONS = ACQUIRE_OPTION_NAMES.filter(
  (name) => name !== 'signal',
);
export const CLASS_OPTIONS = [
  ...ACQUIRE_OPTIONS,
  'onLost',
  'onBusy',
  'onStoreError',
  'name',
] as const;
export const METHOD_OPTIONS = [...CLASS_OPTIONS, 'sticky'] as const;

/** @throws {LockConfigurationError} listing everything that is wrong, naming `where` */
export function checkLockOptions(
  options: DistributedLockOptions,
  known: readonly string[],
  where: string,
): void {
  const problems = [
    ...unknownOptions(options, known),
    ...acquireProblems(options),
    ...choiceProblems('onLost', options.onLost, ['throw', 'ignore']),
    ...policyProblems('onBusy', options.onBusy),
    ...policyProblems('onStoreError', options.onStoreError),
    ...typeProblems('name', options.name, 'string'),
    ...typeProblems('sticky', options.sticky, 'boolean'),
  ];
  refuse(problems, where);
}

/** @throws {LockConfigurationError} listing the problems, if there are any */
export function refuse(problems: readonly string[], where: string): void {
  if (problems.length === 0) return;
  throw new LockConfigurationError(
    `@DistributedLock on ${where}: ${problems.join(' ')}`,
  );
}

/** Asks core, each option by itself and then all together. */
function acquireProblems(options: DistributedLockOptions): string[] {
  const given = Object.fromEntries(
    ACQUIRE_OPTIONS.map((name) => [name, options[name]]),
  );
  const check = (some: object) =>
    problemsOf(() => checkAcquireOptions('key', some));
  const single = ACQUIRE_OPTIONS.flatMap((name) =>
    check({ [name]: given[name] }),
  );
  return single.length > 0 ? single : check(given);
}

function policyProblems(option: string, policy: unknown): string[] {
  return typeof policy === 'function'
    ? []
    : choiceProblems(option, policy, ['throw', 'skip']);
}
