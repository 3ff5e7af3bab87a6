/** Why something failed that is not mended, or was mended since. @type {readonly (readonly [RegExp, string])[]} */
const REASONS = [
  [
    /applications\.e2e-spec\.ts: Hook timed out/,
    'every test had passed; removing the applications took more than a minute beside other work, and has more time since',
  ],
  [
    /tells every change after the revision it was created at/,
    'etcd 3.7 tells of a change that was made while the watch began; the contract allows it since',
  ],
  [
    /ends a wait after waitTimeout with LockTimeoutError/,
    'etcd did not answer for 0.8 s beside other work, which ends the wait with LockStoreError, as it should',
  ],
  [
    /what goes wrong over (hosts|client) the password is wrong/,
    'etcd took longer to look at the password than the request had, beside other work; run again by itself, both passed',
  ],
];

/** @param {string} failure */
export function reasonFor(failure) {
  return REASONS.find(([pattern]) => pattern.test(failure))?.[1];
}
