/** Why something failed that is of a version, and not mended. @type {readonly (readonly [RegExp, string])[]} */
const REASONS = [];

/** @param {string} failure */
export function reasonFor(failure) {
  return REASONS.find(([pattern]) => pattern.test(failure))?.[1];
}
