import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeKey, encodeKey } from '../../lib/core/options/key.js';
import { prefixRange } from '../../lib/core/store/lock-store.js';
import { ticketName } from '../../lib/core/queue/ticket.js';
import { contains } from '../../lib/memory/key-order.js';

/** Well-formed Unicode, with a liking for what has a meaning in names of keys. */
const keys = fc.oneof(
  fc.string({ unit: 'binary', minLength: 1 }),
  fc.string({
    unit: fc.constantFrom('a', 'b', '/', '%', '2', 'F', '-', '@', '\0', 'ü'),
    minLength: 1,
    maxLength: 4,
  }),
);
const leases = fc.bigInt({ min: 1n, max: 2n ** 63n - 1n });
const slots = fc.nat({ max: 20 });

describe('The name of a lock in etcd', () => {
  it('is turned back into the key it was made of, so that no two keys share one', () => {
    fc.assert(
      fc.property(keys, (key) => {
        expect(decodeKey(encodeKey(key))).toBe(key);
      }),
    );
  });

  it('is one path segment that no internal name begins like', () => {
    fc.assert(
      fc.property(keys, (key) => {
        expect(encodeKey(key)).toMatch(/^[^/@\s\0]+$/);
      }),
    );
  });

  it('has a range that holds its own tickets and those of no other key', () => {
    fc.assert(
      fc.property(keys, keys, leases, slots, (one, other, lease, slot) => {
        const range = prefixRange(`locks/${encodeKey(one)}/`);
        const ticket = ticketName(`locks/${encodeKey(other)}/`, lease, slot);
        expect(contains(range, ticket)).toBe(one === other);
        const own = ticketName(range.key, lease, slot);
        expect(contains(range, own)).toBe(true);
      }),
    );
  });
});
