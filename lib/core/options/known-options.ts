import { isLockError, LockConfigurationError } from '../api/errors.js';
import { nearestName } from './nearest-name.js';

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
  // Asked for every call: no list is made where there is nothing to say.
  for (const name of Object.keys(options)) {
    if (known.includes(name)) continue;
    const problems = unknownOptions(options, known);
    throw new LockConfigurationError(problems.join(' '), key);
  }
}

/** A sentence for each option that is not known, with the one that was probably meant. */
export function unknownOptions(
  options: object,
  known: readonly string[],
): string[] {
  return Object.keys(options)
    .filter((option) => !known.includes(option))
    .map((option) => {
      const nearest = nearestName(option, known);
      return nearest === undefined
        ? `Unknown option "${option}". Known are ${known.join(', ')}.`
        : `Unknown option "${option}"; did you mean "${nearest}"?`;
    });
}

/** What a check finds wrong, for a list of everything that is wrong. */
export function problemsOf(check: () => unknown): string[] {
  try {
    check();
    return [];
  } catch (error) {
    if (isLockError(error, 'LOCK_CONFIGURATION')) return [error.message];
    throw error;
  }
}

export function choiceProblems(
  option: string,
  value: unknown,
  allowed: readonly string[],
): string[] {
  if (value === undefined || allowed.includes(value as string)) return [];
  const choices = allowed.map((choice) => `'${choice}'`).join(' or ');
  return [`Option "${option}" must be ${choices}, got ${shown(value)}.`];
}

export function typeProblems(
  option: string,
  value: unknown,
  type: 'string' | 'boolean' | 'function' | 'object',
): string[] {
  return value === undefined || (typeof value === type && value !== null)
    ? []
    : [`Option "${option}" must be a ${type}, got ${shown(value)}.`];
}

/** What to call a value of a wrong type, in a message. */
export function typeName(value: unknown): string {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'an array' : typeof value;
}

function shown(value: unknown): string {
  if (typeof value === 'string') return `'${value}'`;
  return typeof value === 'object' && value !== null
    ? 'an object'
    : String(value);
}
