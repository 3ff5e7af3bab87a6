import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { KeyRange, StoredKey } from '../../lib/core/store/lock-store.js';
import { compareKeys, contains } from '../../lib/memory/key-order.js';
import { KeySpace } from '../../lib/memory/key-space.js';

const stored = (key: string, version = 1n): StoredKey => ({
  key,
  value: '',
  createRevision: 1n,
  modRevision: 1n,
  version,
  lease: 0n,
});

const keys = fc.constantFrom(
  'a',
  'a/',
  'a/x',
  'a0',
  'b',
  '\uff5e',
  '\u{1f512}',
);
const range: fc.Arbitrary<KeyRange> = fc.oneof(
  fc.record({ key: keys }),
  fc.record({ key: keys, end: keys }),
);

describe('KeySpace', () => {
  it('holds the keys that were set and not deleted, in order', () => {
    const change = fc.record({ key: keys, keep: fc.boolean() });
    fc.assert(
      fc.property(fc.array(change), fc.array(range), (changes, ranges) => {
        const space = new KeySpace();
        const model = new Map<string, StoredKey>();
        for (const [i, { key, keep }] of changes.entries()) {
          if (keep) {
            space.set(stored(key, BigInt(i)));
            model.set(key, stored(key, BigInt(i)));
          } else {
            space.delete(key);
            model.delete(key);
          }
        }
        for (const each of ranges) {
          expect(space.within(each)).toEqual(
            [...model.values()]
              .filter(({ key }) => contains(each, key))
              .sort((a, b) => compareKeys(a.key, b.key)),
          );
        }
      }),
    );
  });
});
