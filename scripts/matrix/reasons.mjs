/** Why something failed that is not mended, or was mended since. @type {readonly (readonly [RegExp, string])[]} */
const REASONS = [
  [
    /test\/explore\/(odd|even)-worlds/,
    'a read without end after a restore, mended since; the exploration passes',
  ],
  [
    /test\/setup\/projects/,
    'five seconds for reading all sources, beside other work; it has more since, and is not part of this cell',
  ],
  [
    /room for two calls was surely not given/,
    "a call was told 'unavailable' whose time had ended, and nothing of it had been sent; what seems to be the cause was mended since, and the cell did not run again",
  ],
  [
    /^npm test ended/,
    'of 7122 tests 14: programs that a bare machine has not, and the exploration, mended since; and three of how soon a holder is told while etcd stands still, beside much other work, not looked into',
  ],
];

/** @param {string} failure */
export function reasonFor(failure) {
  return REASONS.find(([pattern]) => pattern.test(failure))?.[1];
}
