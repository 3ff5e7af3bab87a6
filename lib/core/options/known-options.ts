import { LockConfigurationError } from '../api/errors.js';

/** @throws {LockConfigurationError} for options that are no object, and for one not in `known` */
export function checkKnownOptions(
  options: unknown,
  known: readonly string[],
  key = '',
): void {
  if (typeof options !== 'object' || options === null) {
    throw new LockConfigurationError(
      `Options must be an object, got ${typeName(options)}.`,
      key,
    );
  }
  for (const name of Object.keys(options)) {
    if (known.includes(name)) continue;
    throw new LockConfigurationError(
      `Unknown option "${name}". Known are ${known.join(', ')}.`,
      key,
    );
  }
}

/** What to call a value of a wrong type, in a message. */
export function typeName(value: unknown): string {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'an array' : typeof value;
}

/** A wrong value in a message. Runs none of its code: objects may refuse to become text. */
export function shown(value: unknown): string {
  if (typeof value === 'string') return `'${value}'`;
  if (typeof value === 'symbol') return value.toString();
  return value === undefined ||
    typeof value === 'number' ||
    typeof value === 'bigint' ||
    typeof value === 'boolean'
    ? `${value}`
    : typeName(value);
}
