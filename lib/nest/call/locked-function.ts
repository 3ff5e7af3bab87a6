import type { ExecutionContext } from '@nestjs/common';
import { LockConfigurationError, type LockKey } from '../../core/index.js';
import { acquireForCall } from './acquire-for-call.js';
import { HandlerCall } from './handler-call.js';
import { heldIterator, isAsyncIterator, runUnder } from './held-result.js';
import { LockUses } from './lock-uses.js';
import type { LockService } from '../service/lock.service.js';
import type { LockedMethod } from '../method/locked-method.js';
import type { KeySource } from '../method/method-key.js';
import { injectedProperty } from '../method/service-injection.js';
import { type Body, bodyOf, standIn } from '../method/decorated-method.js';

type Method = (this: unknown, ...args: unknown[]) => unknown;

/** What stands in the class instead of a locked method. */
export function lockedFunction(
  original: Function,
  method: LockedMethod,
  lockParameters: readonly number[],
): Function {
  const take = isAsyncGeneratorFunction(original) ? iterate : call;
  const locked: Method = function (...args) {
    const body = bodyOf(original, this, args, lockParameters);
    const handlerCall = HandlerCall.claim(method);
    if (handlerCall) return handlerCall.invoke(args, body);
    return take(method, this, args, body);
  };
  return standIn(original, locked);
}

async function call(
  method: LockedMethod,
  instance: unknown,
  args: unknown[],
  body: Body,
): Promise<unknown> {
  const outcome = await acquire(method, instance, args);
  if (outcome.kind === 'instead') return outcome.value;
  return runUnder(outcome.lock, body);
}

/** Takes the lock when the first value is asked for. */
async function* iterate(
  method: LockedMethod,
  instance: unknown,
  args: unknown[],
  body: Body,
): AsyncGenerator {
  const outcome = await acquire(method, instance, args);
  if (outcome.kind === 'instead') {
    const { value } = outcome;
    return isAsyncIterator(value) ? yield* value : value;
  }
  const { lock } = outcome;
  const values = body(lock.lock) as AsyncGenerator;
  const uses = new LockUses(() => lock.end());
  return yield* heldIterator(lock, values, uses);
}

async function acquire(
  decorated: LockedMethod,
  instance: unknown,
  args: unknown[],
) {
  const method = decorated.ofInstance(instance);
  const { key, where } = method;
  const service = injectedProperty(
    instance,
    method.serviceProperty,
    where,
  ) as LockService;
  const handlerCall = HandlerCall.around(decorated);
  const context = handlerCall?.context;
  if (key.from === 'context' && context === undefined) {
    throw new LockConfigurationError(
      `${where} makes its lock key from the execution context of a handler, and was not called as a handler by Nest. A field of GraphQL is a handler with fieldResolverEnhancers: ['interceptors'] only.`,
    );
  }
  const outcome = await acquireForCall(
    method,
    service,
    wantedKey(key, args, context),
    context === undefined ? {} : { context },
  );
  if (outcome.kind === 'refused') {
    handlerCall?.own(outcome.error);
    throw outcome.error;
  }
  if (outcome.kind === 'held' && handlerCall !== undefined) {
    outcome.lock.onAnyLoss((lost) => handlerCall.own(lost));
  }
  return outcome;
}

function wantedKey(
  key: KeySource,
  args: unknown[],
  context: ExecutionContext | undefined,
): LockKey {
  if (key.from === 'fixed') return key.key;
  return key.from === 'context' ? key.keyOf(context!) : key.keyOf(...args);
}

function isAsyncGeneratorFunction(target: Function): boolean {
  return (
    Object.prototype.toString.call(target) === '[object AsyncGeneratorFunction]'
  );
}
