import { Inject } from '@nestjs/common';
import { LockConfigurationError } from '../../core/index.js';
import { getLockServiceToken, lockServiceProperty } from '../service/tokens.js';

/** Nest's own list of the properties it sets on the instances of a class. */
const INJECTED_PROPERTIES = 'self:properties_metadata';

/** Once for a class and its subclasses, however many methods are locked. */
export function injectService(target: object, name: string | undefined): void {
  injectProperty(target, lockServiceProperty(name), getLockServiceToken(name));
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

/** In place of the unnamed one, which the methods of the class asked for before it spoke. */
export function injectServiceOfClass(target: Function, name: string): void {
  const unnamed = lockServiceProperty();
  if (Reflect.hasOwnMetadata(unnamed, target)) {
    const properties: { key: unknown }[] =
      Reflect.getMetadata(INJECTED_PROPERTIES, target) ?? [];
    const others = properties.filter(({ key }) => key !== unnamed);
    Reflect.defineMetadata(INJECTED_PROPERTIES, others, target);
    Reflect.deleteMetadata(unnamed, target);
  }
  injectService(target.prototype, name);
}
