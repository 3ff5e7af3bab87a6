import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compareKeys, contains } from '../../lib/memory/key-order.js';

const text = fc.string({ unit: 'binary', maxLength: 6 });
const around = fc.constantFrom('\ud7ff', '\ue000', '\uffff', '\u{10000}', 'a');
const key = fc.oneof(text, fc.string({ unit: around, maxLength: 4 }));

describe('the order of keys', () => {
  it('is the order of their UTF-8 bytes', () => {
    fc.assert(
      fc.property(key, key, (a, b) => {
        const bytes = Buffer.compare(Buffer.from(a), Buffer.from(b));
        expect(Math.sign(compareKeys(a, b))).toBe(bytes);
      }),
      { numRuns: 2000 },
    );
  });

  it('puts a key before those that it starts', () => {
    expect(compareKeys('a', 'a/')).toBeLessThan(0);
    expect(compareKeys('a/', 'a')).toBeGreaterThan(0);
    expect(compareKeys('a/', 'a0')).toBeLessThan(0);
  });

  it('holds the start of a range inside and its end outside', () => {
    const range = { key: 'b', end: 'd' };
    const inside = ['a', 'b', 'c', 'd'].filter((each) => contains(range, each));
    expect(inside).toEqual(['b', 'c']);
  });

  it('holds nothing inside a range that ends where it starts, or before', () => {
    expect(contains({ key: 'b', end: 'b' }, 'b')).toBe(false);
    expect(contains({ key: 'b', end: 'a' }, 'a')).toBe(false);
  });
});
