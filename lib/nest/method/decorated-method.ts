import { type Lock, LockConfigurationError } from '../../core/index.js';

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

/** Gives `replacement` all that Nest and other decorators know `original` by. */
export function standIn(original: Function, replacement: Function): Function {
  for (const property of ['name', 'length'] as const) {
    Object.defineProperty(replacement, property, {
      value: original[property],
      configurable: true,
    });
  }
  for (const key of Reflect.getOwnMetadataKeys(original)) {
    const value: unknown = Reflect.getOwnMetadata(key, original);
    Reflect.defineMetadata(key, value, replacement);
  }
  return replacement;
}

/** The call of a method that is still to be made, with the lock it is made under. */
export type Body = (lock: Lock) => unknown;

/** `lockParameters` are the places in the arguments that are filled with the lock. */
export function bodyOf(
  original: Function,
  instance: unknown,
  args: unknown[],
  lockParameters: readonly number[],
): Body {
  return (lock) => {
    for (const index of lockParameters) args[index] = lock;
    return original.apply(instance, args);
  };
}
