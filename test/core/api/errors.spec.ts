import { describe, expect, it, vi } from 'vitest';
import {
  isLockError,
  LockBusyError,
  LockClosedError,
  LockConfigurationError,
  LockConflictError,
  LockError,
  type LockErrorCode,
  LockLostError,
  LockNotHeldError,
  LockStoreError,
  LockTimeoutError,
  StaleTokenError,
} from '../../../lib/core/api/errors.js';
import {
  StoreError,
  type StoreErrorReason,
} from '../../../lib/core/store/lock-store.js';

const examples: Record<LockErrorCode, readonly [LockError, string]> = {
  LOCK_TIMEOUT: [new LockTimeoutError('k', 70), 'LockTimeoutError'],
  LOCK_BUSY: [new LockBusyError('k'), 'LockBusyError'],
  LOCK_LOST: [new LockLostError('k', 'taken', 'gone'), 'LockLostError'],
  LOCK_NOT_HELD: [new LockNotHeldError('k'), 'LockNotHeldError'],
  LOCK_CONFIGURATION: [
    new LockConfigurationError('bad', 'k'),
    'LockConfigurationError',
  ],
  LOCK_CONFLICT: [new LockConflictError('k', 'why'), 'LockConflictError'],
  LOCK_CLOSED: [new LockClosedError('k'), 'LockClosedError'],
  LOCK_STORE: [new LockStoreError('k', 'unknown', 'down'), 'LockStoreError'],
  LOCK_STALE_TOKEN: [new StaleTokenError('k', 7n), 'StaleTokenError'],
};
const codes = Object.keys(examples) as LockErrorCode[];

describe.each(codes)('the error with code %s', (code) => {
  const [error, name] = examples[code];

  it('is an Error and a LockError that carries its code, its name and its key', () => {
    expect(error).toBeInstanceOf(Error);
    expect(error).toBeInstanceOf(LockError);
    expect(error.code).toBe(code);
    expect(error.name).toBe(name);
    expect(error.key).toBe('k');
    expect(String(error)).toMatch(new RegExp(`^${name}: .`));
  });

  it('is recognised by its own code and by no other', () => {
    expect(isLockError(error)).toBe(true);
    expect(codes.filter((each) => isLockError(error, each))).toEqual([code]);
  });

  it('does not show its mark among its properties', () => {
    expect(Object.keys(error)).toContain('code');
    expect(Object.getOwnPropertySymbols(Object.assign({}, error))).toEqual([]);
  });
});

describe('isLockError', () => {
  it.each([
    undefined,
    null,
    'LOCK_LOST',
    42,
    new Error('LOCK_LOST'),
    { code: 'LOCK_LOST', name: 'LockLostError' },
    Object.assign(new Error('x'), { code: 'LOCK_LOST' }),
    new StoreError('timeout', 'unknown', 'x'),
  ])('does not take %s for an error of this library', (stranger) => {
    expect(isLockError(stranger)).toBe(false);
    expect(isLockError(stranger, 'LOCK_LOST')).toBe(false);
  });

  it('recognises an error of another copy of the library, where instanceof does not', async () => {
    vi.resetModules();
    const copy = await import('../../../lib/core/api/errors.js');
    const error = new copy.LockBusyError('k');
    expect(error).not.toBeInstanceOf(LockError);
    expect(isLockError(error, 'LOCK_BUSY')).toBe(true);
    expect(copy.isLockError(new LockBusyError('k'), 'LOCK_BUSY')).toBe(true);
  });
});

describe('what errors tell', () => {
  it('keeps the cause of a store failure, and its outcome', () => {
    const cause = new StoreError('no-space', 'not-applied', 'mvcc: no space');
    const error = LockStoreError.from('k', cause);
    expect(error.cause).toBe(cause);
    expect(error.outcome).toBe('not-applied');
    expect(error.message).toContain('mvcc: no space');
  });

  it('names no key where none is involved', () => {
    expect(new LockClosedError().message).toBe('The lock client is closed.');
    expect(new LockStoreError('', 'unknown', 'down').message).toBe(
      'etcd failed: down',
    );
  });
});

describe('StoreError.retryable', () => {
  const certain: Record<StoreErrorReason, boolean> = {
    unavailable: true,
    timeout: true,
    'lease-not-found': false,
    unauthenticated: false,
    'permission-denied': false,
    'no-space': false,
    'too-large': false,
    compacted: false,
    invalid: false,
    closed: false,
    unknown: false,
  };
  it.each(Object.entries(certain))(
    'of %s, when it was certainly not applied, is %s',
    (reason, retryable) => {
      const of = (outcome: StoreError['outcome']) =>
        new StoreError(reason as StoreErrorReason, outcome, 'x').retryable;
      expect(of('not-applied')).toBe(retryable);
      // etcd can refuse for lack of space what it has applied, and it stays full.
      expect(of('unknown')).toBe(reason !== 'no-space');
    },
  );
});
