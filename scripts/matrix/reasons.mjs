/** Why something failed that is not mended, or was mended since. @type {readonly (readonly [RegExp, string])[]} */
const REASONS = [
  [
    /room for two calls was surely not given/,
    "a call was told 'unavailable' whose time had ended, and nothing of it had been sent; what seems to be the cause was mended since, and the cell did not run again",
  ],
];

/** @param {string} failure */
export function reasonFor(failure) {
  return REASONS.find(([pattern]) => pattern.test(failure))?.[1];
}
