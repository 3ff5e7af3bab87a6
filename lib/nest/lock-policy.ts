import type { AcquireOptions } from '../core/index.js';
import type {
  BusyPolicy,
  DistributedLockDefaults,
  DistributedLockOptions,
  StoreErrorPolicy,
} from './distributed-lock-options.js';

/** The options of one locked method, with the defaults of its class and their own filled in. */
export interface LockPolicy {
  readonly acquire: AcquireOptions;
  readonly onBusy: BusyPolicy;
  readonly onStoreError: StoreErrorPolicy;
  readonly onLost: 'throw' | 'ignore';
}

export function lockPolicy(
  defaults: DistributedLockDefaults,
  options: DistributedLockOptions,
): LockPolicy {
  const {
    onBusy = 'throw',
    onStoreError = 'throw',
    onLost = 'throw',
    name: _name,
    ...acquire
  }: DistributedLockOptions = { ...defaults, ...withoutUndefined(options) };
  return {
    acquire: onBusy === 'throw' ? acquire : { waitTimeout: 0, ...acquire },
    onBusy,
    onStoreError,
    onLost,
  };
}

function withoutUndefined<Options extends object>(options: Options): Options {
  return Object.fromEntries(
    Object.entries(options).filter(([, value]) => value !== undefined),
  ) as Options;
}
