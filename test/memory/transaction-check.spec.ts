import { describe, expect, it } from 'vitest';
import type { Operation } from '../../lib/core/store/lock-store.js';
import { checkTransaction } from '../../lib/memory/transaction-check.js';
import {
  compared,
  nested,
  put,
  range,
  remove,
  transactionOf,
} from '../../lib/testing/contract/operations.js';

const check = (...success: Operation[]) =>
  checkTransaction(transactionOf({ success }));
const puts = (count: number) =>
  Array.from({ length: count }, (_, i) => put(`k${i}`));

describe('checkTransaction', () => {
  it('allows 128 operations and no more', () => {
    check(...puts(128));
    const refusal = { reason: 'too-large', outcome: 'not-applied' };
    expect(() => check(...puts(129))).toThrow(expect.objectContaining(refusal));
    expect(() =>
      checkTransaction(transactionOf({ failure: puts(129) })),
    ).toThrow(expect.objectContaining(refusal));
    const compare = Array.from({ length: 129 }, () =>
      compared('k', 'create', '=', 0n),
    );
    expect(() => checkTransaction(transactionOf({ compare }))).toThrow(
      expect.objectContaining(refusal),
    );
  });

  it('takes the operations around a nested transaction off what it may have', () => {
    check(put('a'), nested({ success: puts(126) }));
    expect(() => check(put('a'), nested({ success: puts(127) }))).toThrow(
      expect.objectContaining({ reason: 'too-large' }),
    );
  });

  it.each<[string, Operation]>([
    ['a put', put('')],
    ['a delete', remove('')],
    ['a range', range({ key: '', end: 'b' })],
    ['a comparison', nested({ compare: [compared('', 'mod', '=', 0n)] })],
  ])('refuses %s without a key', (_, operation) => {
    expect(() => check(operation)).toThrow(
      expect.objectContaining({ reason: 'invalid', outcome: 'not-applied' }),
    );
  });

  it('looks into branches that would not be taken', () => {
    const failure = [put('k'), put('k')];
    expect(() => checkTransaction(transactionOf({ failure }))).toThrow(
      expect.objectContaining({ reason: 'invalid' }),
    );
  });

  it('minds the order of nested transactions as etcd does', () => {
    const putting = nested({ success: [put('k')] });
    const deleting = nested({ failure: [remove('a', 'z')] });
    check(putting, deleting);
    expect(() => check(deleting, putting)).toThrow(
      expect.objectContaining({ reason: 'invalid' }),
    );
  });

  it('lets a key be deleted twice', () => {
    check(remove('k'), remove('a', 'z'));
  });
});
