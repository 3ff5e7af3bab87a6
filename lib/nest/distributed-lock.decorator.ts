import { LockConfigurationError } from '../core/index.js';
import {
  CLASS_OPTIONS,
  checkLockOptions,
  METHOD_OPTIONS,
  refuse,
} from './method/lock-policy.js';
import { lockParametersOf } from './current-lock.decorator.js';
import { decoratedMethod, placeOf } from './method/decorated-method.js';
import { DistributedLockInterceptor } from './distributed-lock.interceptor.js';
import type {
  BusyInfo,
  BusyPolicy,
  DistributedLockDefaults,
  DistributedLockOptions,
  StoreErrorInfo,
  StoreErrorPolicy,
} from './method/distributed-lock-options.js';
import { lockedFunction } from './call/locked-function.js';
import {
  LockedMethod,
  markLocked,
  setClassDefaults,
} from './method/locked-method.js';
import type {
  ArgsFor,
  Fits,
  Inferred,
  Instead,
} from './method/locked-method-type.js';
import { isKey, type LockedMethodKey } from './method/method-key.js';
import { INTERCEPTORS } from './transport/nest-internals.js';
import {
  injectService,
  injectServiceOfClass,
} from './method/service-injection.js';

/**
 * Takes methods whose parameters fit the key function, and whose result fits the policies.
 */
export interface LockedMethodDecorator<Key, Busy, StoreError> {
  /** For methods whose types hang on a type parameter of their class. */
  <Args extends ArgsFor<Key, Instead<Busy> | Instead<StoreError>>, Result>(
    target: object,
    name: string | symbol,
    descriptor: TypedPropertyDescriptor<
      (...args: Args) => Promise<Result | Instead<Busy> | Instead<StoreError>>
    > &
      Inferred<Args>,
  ): void;
  /** Last, for its messages are the ones that the compiler shows. */
  <Method extends (...args: any[]) => unknown>(
    target: object,
    name: string | symbol,
    descriptor: TypedPropertyDescriptor<Method> &
      Fits<Key, Busy, StoreError, Method>,
  ): void;
}

/**
 * Runs the method while holding a lock, whoever calls it: Nest as a handler, a scheduler, a queue,
 * an event, other code, the class itself. May stand above or below the other decorators of the
 * method.
 *
 * The method never runs without its lock. Where Nest builds the class and `EtcdLockModule` is
 * missing, the application does not start; an instance made with `new` rejects the call.
 *
 * The lock is released when the result has ended: the promise has settled, the Observable or the
 * async generator is through, the HTTP response that is a stream is sent or its client is gone.
 * A Node stream that a call outside HTTP returns is not waited for. Outside handlers, an Observable
 * or an iterator that nobody uses within the turn of the event loop in which it was returned gives
 * its lock up, for schedulers never use one; from then on it fails with `LockNotHeldError`, as does
 * one that was used up and is asked for again. Asked for again by code that
 * runs under it, the lock is re-entrant.
 *
 * Errors of the method pass through untouched, also when the release fails. Handlers turn the
 * errors of their own lock into those of the transport: over HTTP 423 with `Retry-After` when
 * busy, 503 when etcd fails, 500 when the lock was lost. A request whose client leaves while it
 * waits for the lock stops waiting. Fields of GraphQL are handlers only with
 * `fieldResolverEnhancers: ['interceptors']`; without, their errors are the lock's own.
 *
 * @param key a string; an array of them, taken together; a function of the method's own
 *   parameters, called after pipes; or {@link fromContext}
 * @throws {LockConfigurationError} when the class is defined, for options, keys and places that
 *   cannot work; at the call, for a key function whose result is no key
 *
 * @example
 * @Post(':id/pay')
 * @DistributedLock((id: string) => `order:${id}`)
 * async pay(@Param('id') id: string) {}
 *
 * @example
 * @Cron('0 2 * * *')
 * @DistributedLock('report', { onBusy: 'skip', minHold: '30s' })
 * async nightly() {}
 *
 * @example
 * @Interval(60_000)
 * @DistributedLock('poll', { onBusy: 'skip', sticky: true })
 * async poll() {}
 */
export function DistributedLock<
  const Key extends LockedMethodKey,
  // The defaults give a function its parameter, and say "throws" where there is none.
  const Busy extends BusyPolicy = (info: BusyInfo) => never,
  const StoreError extends StoreErrorPolicy = (info: StoreErrorInfo) => never,
>(
  key: Key,
  options?: DistributedLockOptions<Busy, StoreError>,
): LockedMethodDecorator<Key, Busy, StoreError>;
/** On a class: the defaults of its locked methods. It locks nothing by itself. */
export function DistributedLock(
  defaults: DistributedLockDefaults,
): ClassDecorator;
export function DistributedLock(
  keyOrDefaults: LockedMethodKey | DistributedLockDefaults,
  options: DistributedLockOptions = {},
): (
  target: object,
  name?: string | symbol,
  descriptor?: PropertyDescriptor,
) => void {
  return (target, name, descriptor) => {
    if (name === undefined) {
      decorateClass(target as Function, keyOrDefaults);
    } else if (isKey(keyOrDefaults)) {
      decorateMethod(target, name, descriptor, keyOrDefaults, options);
    } else {
      throw new LockConfigurationError(
        `@DistributedLock on ${placeOf(target, name)} names no lock key.`,
      );
    }
  };
}

function decorateClass(
  target: Function,
  defaults: LockedMethodKey | DistributedLockDefaults,
): void {
  if (isKey(defaults)) {
    throw new LockConfigurationError(
      `@DistributedLock on the class ${target.name} takes options for its methods, not a key.`,
    );
  }
  const where = `the class ${target.name}`;
  checkLockOptions(defaults, CLASS_OPTIONS, where);
  refuse(
    [defaults.onBusy, defaults.onStoreError].includes('skip' as never)
      ? ["'skip' changes what a method returns: say it on each method."]
      : [],
    where,
  );
  setClassDefaults(target, { ...defaults });
  if (defaults.name !== undefined) injectServiceOfClass(target, defaults.name);
}

function decorateMethod(
  target: object | Function,
  name: string | symbol,
  descriptor: PropertyDescriptor | undefined,
  key: LockedMethodKey,
  options: DistributedLockOptions,
): void {
  const original = decoratedMethod(
    '@DistributedLock',
    target,
    name,
    descriptor,
  );
  checkLockOptions(options, METHOD_OPTIONS, placeOf(target, name));
  const method = new LockedMethod(target.constructor, name, key, options);
  if (options.onBusy === 'skip' || options.onStoreError === 'skip') {
    refuseSilence(method);
  }
  const locked = lockedFunction(
    original,
    method,
    lockParametersOf(target, name),
  );
  markLocked(locked, method);
  interceptFirst(locked);
  descriptor!.value = locked;
  injectService(target, options.name);
}

/** Nest would wait for an answer that nobody gives. */
function refuseSilence(method: LockedMethod): void {
  if (!method.answersByHand) return;
  throw new LockConfigurationError(
    `@DistributedLock on ${method.where}: 'skip' would leave the request without an answer, as the method answers it through @Res() or @Next(). Use { passthrough: true } or a function.`,
  );
}

/** Nest runs the interceptors of a method in the order of this list, outermost first. */
function interceptFirst(locked: Function): void {
  const others: unknown[] = Reflect.getMetadata(INTERCEPTORS, locked) ?? [];
  const list = [
    DistributedLockInterceptor,
    ...others.filter((other) => other !== DistributedLockInterceptor),
  ];
  Reflect.defineMetadata(INTERCEPTORS, list, locked);
}
