import assert from 'node:assert/strict';
import type { StoreError } from '../../core/index.js';

/** The error of a call that must fail. */
export async function refusal(call: Promise<unknown>): Promise<StoreError> {
  const error = await call.then(
    () => assert.fail('the call should have been refused'),
    (reason: unknown) => reason as StoreError,
  );
  assert.equal(error.name, 'StoreError', String(error));
  return error;
}

export async function assertRefused(
  call: Promise<unknown>,
  reason: StoreError['reason'],
): Promise<void> {
  const error = await refusal(call);
  assert.equal(error.reason, reason);
  assert.equal(error.outcome, 'not-applied');
}
