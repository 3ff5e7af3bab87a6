import type { ExecutionContext } from '@nestjs/common';
import type {
  AcquireOptions,
  LockBusyError,
  LockStoreError,
  LockTimeoutError,
} from '../core/index.js';

/** Handed to an `onBusy` function. */
export interface BusyInfo {
  /** The key that was asked for; several keys are joined with `, `. */
  readonly key: string;
  readonly error: LockBusyError | LockTimeoutError;
  /** Present where Nest called the method as a handler. */
  readonly context?: ExecutionContext;
}

/** Handed to an `onStoreError` function. */
export interface StoreErrorInfo {
  /** The key that was asked for; several keys are joined with `, `. */
  readonly key: string;
  readonly error: LockStoreError;
  /** Present where Nest called the method as a handler. */
  readonly context?: ExecutionContext;
}

export type BusyPolicy = 'throw' | 'skip' | ((info: BusyInfo) => unknown);

export type StoreErrorPolicy =
  'throw' | 'skip' | ((info: StoreErrorInfo) => unknown);

/** What `@DistributedLock(defaults)` on a class may set for all locked methods of the class. */
export interface DistributedLockDefaults extends Omit<
  AcquireOptions,
  'signal'
> {
  /**
   * What a call does when its lock is lost while the method runs. `'throw'` rejects with
   * `LockLostError` at that moment, whatever the method does; the method itself goes on until it
   * ends. `'ignore'` hands the method's result to the caller.
   *
   * @default 'throw'
   */
  readonly onLost?: 'throw' | 'ignore' | undefined;
}

export interface DistributedLockOptions<
  Busy extends BusyPolicy = BusyPolicy,
  StoreError extends StoreErrorPolicy = StoreErrorPolicy,
> extends DistributedLockDefaults {
  /**
   * What a call does when others hold the lock, at once or after `waitTimeout`: `'throw'` the
   * `LockBusyError` or `LockTimeoutError`, `'skip'` the method and return `undefined`, or return
   * what a function makes of it. With `'skip'` and with a function, `waitTimeout` is 0 unless it
   * is given here or on the class.
   *
   * @default 'throw'
   */
  readonly onBusy?: Busy | undefined;

  /**
   * What a call does when etcd could not be asked: `'throw'` the `LockStoreError`, `'skip'` the
   * method and return `undefined`, or return what a function makes of it.
   *
   * @default 'throw'
   */
  readonly onStoreError?: StoreError | undefined;

  /** The instance to use: the `name` that `EtcdLockModule.forRoot` was given. */
  readonly name?: string | undefined;
}
