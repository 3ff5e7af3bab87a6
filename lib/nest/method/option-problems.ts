import { isLockError } from '../../core/index.js';
import { nearestName } from './nearest-name.js';

export function unknownOptions(
  options: object,
  known: readonly string[],
): string[] {
  return Object.keys(options)
    .filter((option) => !known.includes(option))
    .map((option) => {
      const nearest = nearestName(option, known);
      return nearest === undefined
        ? `Unknown option "${option}".`
        : `Unknown option "${option}"; did you mean "${nearest}"?`;
    });
}

/** What a check of core finds wrong. */
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

function shown(value: unknown): string {
  if (typeof value === 'string') return `'${value}'`;
  return typeof value === 'object' && value !== null
    ? 'an object'
    : String(value);
}
