import { createParamDecorator } from '@nestjs/common';
import type { Lock } from '../core/index.js';
import { currentLock } from '../core/internal.js';

const LOCK_PARAMETERS = Symbol.for('nestjs-etcd-lock/lock-parameters');

const FromNest = createParamDecorator((): Lock | undefined => currentLock());

/**
 * The parameter of a locked method that is given the lock of the call, whoever calls it: Nest, a
 * scheduler, or other code. Declare it last and optional, for callers leave it out. In a handler
 * without `@DistributedLock` it is the lock of an outer call, or undefined.
 *
 * @example
 * @Post(':id/pay')
 * @DistributedLock((id: string) => `order:${id}`)
 * async pay(@Param('id') id: string, @CurrentLock() lock?: Lock) {
 *   await this.payments.charge(id, { fence: lock!.fencingToken, signal: lock!.signal });
 * }
 */
export function CurrentLock(): ParameterDecorator {
  return (target, name, index) => {
    FromNest()(target, name, index);
    if (name === undefined) return;
    const indexes = [...lockParametersOf(target, name), index];
    Reflect.defineMetadata(LOCK_PARAMETERS, indexes, target, name);
  };
}

export function lockParametersOf(
  target: object,
  name: string | symbol,
): readonly number[] {
  return Reflect.getOwnMetadata(LOCK_PARAMETERS, target, name) ?? [];
}
