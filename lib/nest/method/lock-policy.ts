import type { AcquireOptions } from '../../core/index.js';
import type {
  BusyPolicy,
  DistributedLockDefaults,
  DistributedLockOptions,
  StoreErrorPolicy,
} from './distributed-lock-options.js';
import type { KeySource } from './method-key.js';

/** The options of one locked method, with the defaults of its class and their own filled in. */
export interface LockPolicy {
  readonly acquire: AcquireOptions;
  readonly onBusy: BusyPolicy;
  readonly onStoreError: StoreErrorPolicy;
  readonly onLost: 'throw' | 'ignore';
  readonly sticky: boolean;
  readonly name: string | undefined;
}

export function lockPolicy(
  defaults: DistributedLockDefaults,
  options: DistributedLockOptions,
): LockPolicy {
  const {
    onBusy = 'throw',
    onStoreError = 'throw',
    onLost = 'throw',
    sticky = false,
    name,
    ...acquire
  }: DistributedLockOptions = { ...defaults, ...withoutUndefined(options) };
  return {
    acquire: onBusy === 'throw' ? acquire : { waitTimeout: 0, ...acquire },
    onBusy,
    onStoreError,
    onLost,
    sticky,
    name,
  };
}

/** What keeps a method from being sticky: the lock is asked for at every run, and never given up. */
export function stickyProblems(
  { sticky, acquire, onBusy }: LockPolicy,
  key: KeySource,
): string[] {
  if (!sticky) return [];
  const { waitTimeout, maxHold, mode, permits } = acquire;
  const oneKey = key.from === 'fixed' && typeof key.key === 'string';
  return Object.entries({
    'a key that is one fixed string': oneKey,
    "onBusy: 'skip' or a function": onBusy !== 'throw',
    'waitTimeout: 0': waitTimeout === 0,
    'no maxHold': maxHold === undefined,
    "the mode 'exclusive'": mode !== 'shared' && permits === undefined,
  })
    .filter(([, given]) => !given)
    .map(([what]) => `"sticky" needs ${what}.`);
}

function withoutUndefined<Options extends object>(options: Options): Options {
  return Object.fromEntries(
    Object.entries(options).filter(([, value]) => value !== undefined),
  ) as Options;
}
