import type { Lock } from '../../core/index.js';

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
