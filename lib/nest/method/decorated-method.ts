import { LockConfigurationError } from '../../core/index.js';

/** The place of a decorator, for messages. */
export function placeOf(
  target: object | Function,
  name: string | symbol | { readonly name?: unknown },
): string {
  if (typeof name === 'object') return String(name.name);
  const home = typeof target === 'function' ? target : target.constructor;
  return `${home.name}.${String(name)}`;
}

/**
 * The method that a decorator was put on.
 *
 * @throws {LockConfigurationError} where it stands on something else that no instance runs
 */
export function decoratedMethod(
  decorator: string,
  target: object | Function,
  name: string | symbol,
  descriptor: PropertyDescriptor | undefined,
): Function {
  const refused = (why: string) =>
    new LockConfigurationError(
      `${decorator} on ${placeOf(target, name)}: ${why}`,
    );
  if (typeof (name as unknown) === 'object') {
    throw refused(
      'it needs "experimentalDecorators": true in tsconfig.json, as Nest does.',
    );
  }
  if (typeof target === 'function') {
    throw refused('a static method has no instance that Nest builds.');
  }
  if (typeof descriptor?.value !== 'function') {
    throw refused('only a method can have it, not an accessor or a field.');
  }
  return descriptor.value;
}
