import {
  type AcquireOptions,
  LockConfigurationError,
} from '../../core/index.js';
import {
  ACQUIRE_OPTION_NAMES,
  checkAcquireOptions,
  choiceProblems,
  problemsOf,
  typeProblems,
  unknownOptions,
} from '../../core/internal.js';
import type {
  BusyPolicy,
  DistributedLockDefaults,
  DistributedLockOptions,
  StoreErrorPolicy,
} from './distributed-lock-options.js';
import type { KeySource } from './method-key.js';

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

/** The options of one locked method, with the defaults of its class and their own filled in. */
export interface LockPolicy {
  /** With the `template` that metrics count the method under. */
  readonly acquire: AcquireOptions & { readonly template: string };
  readonly onBusy: BusyPolicy;
  readonly onStoreError: StoreErrorPolicy;
  readonly onLost: 'throw' | 'ignore';
  readonly sticky: boolean;
  readonly name: string | undefined;
}

/**
 * What a method is locked on, once everybody has spoken.
 *
 * @throws {LockConfigurationError} where what class and method say does not go together
 */
export function lockPolicy(
  defaults: DistributedLockDefaults,
  options: DistributedLockOptions,
  key: KeySource,
  where: string,
): LockPolicy {
  const {
    onBusy = 'throw',
    onStoreError = 'throw',
    onLost = 'throw',
    sticky = false,
    name,
    template = key.from === 'fixed' ? [key.key].flat().join(', ') : where,
    ...given
  }: DistributedLockOptions = { ...defaults, ...withoutUndefined(options) };
  const waiting = onBusy === 'throw' ? given : { waitTimeout: 0, ...given };
  const asked = { ...waiting, template };
  // What the class keeps it keeps where that is possible; what a method asks for has to be.
  const cannot =
    sticky || acquireProblems({ ...given, template }, key).length > 0;
  const keep = options.keep === undefined && cannot ? 0 : asked.keep;
  const acquire = { ...asked, ...(keep !== undefined && { keep }) };
  const policy = { acquire, onBusy, onStoreError, onLost, sticky, name };
  refuse(
    [...acquireProblems(acquire, key), ...stickyProblems(policy, key)],
    where,
  );
  return policy;
}

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

export function withoutUndefined<Options extends object>(
  options: Options,
): Options {
  return Object.fromEntries(
    Object.entries(options).filter(([, value]) => value !== undefined),
  ) as Options;
}

/** Asks core, each option by itself and then all together. */
function acquireProblems(
  options: DistributedLockOptions,
  source?: KeySource,
): string[] {
  const key = source?.from === 'fixed' ? source.key : 'key';
  const given = Object.fromEntries(
    ACQUIRE_OPTIONS.map((name) => [name, options[name]]),
  );
  const check = (some: object) =>
    problemsOf(() => checkAcquireOptions(key, some));
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

/** What keeps a method from being sticky: the lock is asked for at every run, and never given up. */
function stickyProblems(
  { sticky, acquire, onBusy }: LockPolicy,
  key: KeySource,
): string[] {
  if (!sticky) return [];
  const { waitTimeout, maxHold, mode, permits, keep = 0 } = acquire;
  const oneKey = key.from === 'fixed' && typeof key.key === 'string';
  return Object.entries({
    'a key that is one fixed string': oneKey,
    "onBusy: 'skip' or a function": onBusy !== 'throw',
    'waitTimeout: 0': waitTimeout === 0,
    'no maxHold': maxHold === undefined,
    'no keep, for it keeps the lock anyway': keep === 0,
    "the mode 'exclusive'": mode !== 'shared' && permits === undefined,
  })
    .filter(([, given]) => !given)
    .map(([what]) => `"sticky" needs ${what}.`);
}
