import { isObservable } from 'rxjs';
import { type Lock, LockConfigurationError } from '../core/index.js';
import { admit } from './admission.js';
import { type CallLock } from './call-lock.js';
import { HandlerCall } from './handler-call.js';
import { heldIterator, isAsyncIterator } from './held-iterator.js';
import { heldObservable } from './held-observable.js';
import type { LockService } from './lock.service.js';
import type { LockedMethod } from './locked-method.js';

type Method = (this: unknown, ...args: unknown[]) => unknown;
type Body = (lock: Lock) => unknown;

/** Places in the arguments that are filled with the lock. */
type LockParameters = readonly number[];

/** What stands in the class instead of a locked method. */
export function lockedFunction(
  original: Function,
  method: LockedMethod,
  lockParameters: LockParameters,
): Function {
  const take = isAsyncGeneratorFunction(original) ? iterate : call;
  const locked: Method = function (...args) {
    const body: Body = (lock) => {
      for (const index of lockParameters) args[index] = lock;
      return original.apply(this, args);
    };
    const handlerCall = HandlerCall.claim(method);
    if (handlerCall) return handlerCall.invoke(args, body);
    return take(method, this, args, body);
  };
  for (const property of ['name', 'length'] as const) {
    Object.defineProperty(locked, property, {
      value: original[property],
      configurable: true,
    });
  }
  for (const key of Reflect.getOwnMetadataKeys(original)) {
    Reflect.defineMetadata(key, Reflect.getOwnMetadata(key, original), locked);
  }
  return locked;
}

async function call(
  method: LockedMethod,
  instance: unknown,
  args: unknown[],
  body: Body,
): Promise<unknown> {
  const admission = await admitCall(method, instance, args);
  if (admission.outcome === 'instead') return admission.value;
  const { lock } = admission;
  const result = await lock
    .run(() => body(lock.handle))
    .catch((error) => abandoned(lock, error));
  const end = () => lock.end();
  if (isObservable(result)) {
    lock.endUnlessUsed();
    return heldObservable(lock, result, end);
  }
  if (isAsyncIterator(result)) {
    lock.endUnlessUsed();
    return heldIterator(lock, result, end);
  }
  await end();
  return result;
}

/** Takes the lock when the first value is asked for. */
async function* iterate(
  method: LockedMethod,
  instance: unknown,
  args: unknown[],
  body: Body,
): AsyncGenerator {
  const admission = await admitCall(method, instance, args);
  if (admission.outcome === 'instead') {
    const { value } = admission;
    return isAsyncIterator(value) ? yield* value : value;
  }
  const { lock } = admission;
  const values = body(lock.handle) as AsyncGenerator;
  return yield* heldIterator(lock, values, () => lock.end());
}

async function admitCall(
  method: LockedMethod,
  instance: unknown,
  args: unknown[],
) {
  const { key, where } = method;
  const service = serviceOf(instance, method);
  if (key.from === 'context') {
    throw new LockConfigurationError(
      `${where} makes its lock key from the execution context of a handler, and was not called as a handler by Nest. A field of GraphQL is a handler with fieldResolverEnhancers: ['interceptors'] only.`,
    );
  }
  const wanted = key.from === 'fixed' ? key.key : key.keyOf(...args);
  const admission = await admit(method, service, wanted, {});
  if (admission.outcome === 'refused') throw admission.error;
  return admission;
}

function serviceOf(instance: unknown, method: LockedMethod): LockService {
  const service = (instance as Record<symbol, LockService> | undefined)?.[
    method.serviceProperty
  ];
  if (service !== undefined) return service;
  throw new LockConfigurationError(
    `${method.where} was not run: it has no LockService to take its lock with, because Nest did not build this instance. Provide the class in a module and let Nest inject it, and call the method on the instance.`,
  );
}

async function abandoned(lock: CallLock, error: unknown): Promise<never> {
  await lock.abandon();
  throw error;
}

function isAsyncGeneratorFunction(target: Function): boolean {
  return (
    Object.prototype.toString.call(target) === '[object AsyncGeneratorFunction]'
  );
}
