import { Inject } from '@nestjs/common';
import { LockConfigurationError } from '../../core/index.js';
import { getLockServiceToken, lockServiceProperty } from '../service/tokens.js';
import { INJECTED_PROPERTIES } from '../transport/nest-internals.js';
import { classDefaults } from './locked-method.js';

/** Who wants a service of the instances of a class: a method by name, or its methods by default. */
type Wanted = 'by-name' | 'by-default';

/** Once for a class and its subclasses, however many methods are locked. */
export function injectService(target: object, name: string | undefined): void {
  const type = target.constructor;
  if (name !== undefined) want(type, name, 'by-name');
  // Of its own defaults a class speaks later; see below.
  else want(type, classDefaults(type).name, 'by-default');
}

/**
 * In place of the service that the methods of the class, or of those that it extends, asked for
 * before it spoke.
 */
export function injectServiceOfClass(target: Function, name: string): void {
  const wanted = lockServiceProperty(name);
  const replaced = injectedProperties(target).filter(
    ({ key }) =>
      key !== wanted && Reflect.getMetadata(key, target) === 'by-default',
  );
  if (replaced.length > 0) {
    const others = injectedProperties(target).filter(
      (property) => !replaced.includes(property),
    );
    Reflect.defineMetadata(INJECTED_PROPERTIES, others, target);
    for (const { key } of replaced) {
      Reflect.defineMetadata(key, undefined, target);
    }
  }
  want(target, name, 'by-default');
}

function want(type: Function, name: string | undefined, how: Wanted): void {
  const property = lockServiceProperty(name);
  const before: Wanted | undefined = Reflect.getMetadata(property, type);
  if (before === undefined) {
    Inject(getLockServiceToken(name))(type.prototype as object, property);
  }
  if (before !== 'by-name') Reflect.defineMetadata(property, how, type);
}

/** Has Nest set the property on the instances of a class and its subclasses. */
export function injectProperty(
  target: object,
  property: symbol,
  token: symbol,
): void {
  if (Reflect.hasMetadata(property, target.constructor)) return;
  Reflect.defineMetadata(property, true, target.constructor);
  Inject(token)(target, property);
}

function injectedProperties(
  type: Function,
): readonly { readonly key: string | symbol }[] {
  return Reflect.getMetadata(INJECTED_PROPERTIES, type) ?? [];
}

/** @throws {LockConfigurationError} when Nest did not build the instance */
export function injectedProperty(
  instance: unknown,
  property: symbol,
  where: string,
): unknown {
  const value = (instance as Record<symbol, unknown> | undefined)?.[property];
  if (value !== undefined) return value;
  throw new LockConfigurationError(
    `${where} was not run: nothing could keep it to one place at a time, because Nest did not build this instance. Provide the class in a module and let Nest inject it, and call the method on the instance.`,
  );
}
