import { describe, expect, it } from 'vitest';
import {
  checkedKeys,
  decodeKey,
  encodeKey,
} from '../../../lib/core/options/key.js';
import type { LockKey } from '../../../lib/core/api/lock.js';

describe('encodeKey', () => {
  it.each([
    'order:42',
    'a/b',
    'a%2Fb',
    'ü ñ 漢字 🔒',
    'line\nbreak',
    '@fence',
    '..',
    '\0',
  ])('turns %j into one path segment and back', (key) => {
    expect(encodeKey(key)).not.toMatch(/[/@\s\0]/);
    expect(decodeKey(encodeKey(key))).toBe(key);
  });

  it('never maps two keys to one name', () => {
    const keys = ['a/b', 'a%2Fb', 'a%252Fb', 'A/b', 'a b', 'a+b', 'a%20b'];
    expect(new Set(keys.map(encodeKey)).size).toBe(keys.length);
  });

  it('returns a name as it is that another client made up', () => {
    expect(decodeKey('100%')).toBe('100%');
  });
});

describe('checkedKeys', () => {
  it('accepts a string, or an array in its own order', () => {
    expect(checkedKeys('a')).toEqual(['a']);
    expect(checkedKeys(['b', 'a'])).toEqual(['b', 'a']);
  });

  it('accepts what is exactly at the limits', () => {
    expect(checkedKeys('k'.repeat(1024))).toHaveLength(1);
    expect(checkedKeys('ü'.repeat(170))).toHaveLength(1);
    const fifty = Array.from({ length: 50 }, (_, index) => `k${index}`);
    expect(checkedKeys(fifty)).toHaveLength(50);
  });

  it.each<[unknown, RegExp]>([
    ['', /must not be empty/],
    [undefined, /must be a string, got undefined/],
    [null, /must be a string, got null/],
    [42, /must be a string, got number/],
    [{}, /must be a string, got object/],
    ['k'.repeat(1025), /longer than 1024 bytes .*got 1025/],
    ['ü'.repeat(171), /longer than 1024 bytes .*got 1026/],
    ['\ud800', /well-formed Unicode/],
    [[], /array of lock keys must not be empty/],
    [['a', ''], /must not be empty/],
    [['a', 7], /must be a string, got number/],
    [
      Array.from({ length: 51 }, (_, index) => `k${index}`),
      /At most 50 lock keys .*got 51/,
    ],
  ])('refuses %j', (key, message) => {
    expect(() => checkedKeys(key as LockKey)).toThrow(
      expect.objectContaining({
        code: 'LOCK_CONFIGURATION',
        message: expect.stringMatching(message),
      }),
    );
  });
});
