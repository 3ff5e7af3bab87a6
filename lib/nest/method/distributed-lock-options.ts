import type { ExecutionContext } from '@nestjs/common';
import type {
  AcquireOptions,
  LockBusyError,
  LockStoreError,
  LockTimeoutError,
} from '../../core/index.js';

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

/**
 * What becomes of a call whose lock is busy: it throws, resolves to `undefined`, or to what the
 * function gives.
 */
export type BusyPolicy = 'throw' | 'skip' | ((info: BusyInfo) => unknown);

/** The same for a call whose lock could not be asked for, because etcd failed. */
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

  /**
   * As of a method, but a function must throw: what a method may return, only the method knows.
   * With a function, `waitTimeout` is 0 unless it is given.
   *
   * @default 'throw'
   */
  readonly onBusy?: 'throw' | ((info: BusyInfo) => never) | undefined;

  /** As of a method, but a function must throw. @default 'throw' */
  readonly onStoreError?:
    'throw' | ((info: StoreErrorInfo) => never) | undefined;

  /** The instance to use: the `name` that `EtcdLockModule.forRoot` was given. */
  readonly name?: string | undefined;
}

/** The options of `@DistributedLock` on a method. */
export interface DistributedLockOptions<
  Busy extends BusyPolicy = BusyPolicy,
  StoreError extends StoreErrorPolicy = StoreErrorPolicy,
> extends Omit<DistributedLockDefaults, 'onBusy' | 'onStoreError'> {
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

  /**
   * The instance that took the lock keeps it from run to run, so that the others skip: it stays the
   * one that runs the job. It gives the lock up when its application closes; if it dies, the lock
   * is free after the `ttl`; if it loses the lock, its next run competes again. Until another
   * instance's next run then, nobody runs the job. A run that fails changes nothing, and two runs
   * do not overlap on one instance either.
   *
   * For scheduled work. Needs a fixed key, which nothing else should use, and `onBusy: 'skip'` or a
   * function; goes with none of `waitTimeout`, `maxHold`, `keep`, `mode: 'shared'` and `permits`.
   * `minHold` counts from when the instance took the lock, not from each run.
   *
   * @default false
   */
  readonly sticky?: boolean | undefined;
}
