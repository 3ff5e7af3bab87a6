import { Inject } from '@nestjs/common';
import { getLockServiceToken, lockServiceProperty } from './tokens.js';

/** Nest's own list of the properties it sets on the instances of a class. */
const INJECTED_PROPERTIES = 'self:properties_metadata';

/** Once for a class and its subclasses, however many methods are locked. */
export function injectService(target: object, name: string | undefined): void {
  const property = lockServiceProperty(name);
  if (Reflect.hasMetadata(property, target.constructor)) return;
  Reflect.defineMetadata(property, true, target.constructor);
  Inject(getLockServiceToken(name))(target, property);
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
