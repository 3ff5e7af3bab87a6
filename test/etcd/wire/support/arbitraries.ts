import fc from 'fast-check';
import type {
  Comparison,
  KeyRange,
  Operation,
  RangeOperation,
  StoredKey,
  Transaction,
  TransactionReply,
  OperationReply,
  WatchEvent,
} from '../../../../lib/core/store/lock-store.js';

/** As `fc.record`, of objects like those that the library makes. */
export function record<T extends object, K extends keyof T = keyof T>(
  model: { [Key in keyof T]: fc.Arbitrary<T[Key]> },
  requiredKeys?: K[],
) {
  return fc.record<T, K>(model, {
    noNullPrototype: true,
    ...(requiredKeys && { requiredKeys }),
  });
}

const LARGEST = 2n ** 63n - 1n;

/** Integers of 64 bits, most of them where the length of a varint changes. */
export const int64 = fc.oneof(
  fc.bigInt({ min: -3n, max: 300n }),
  fc.bigInt({ min: 0n, max: 10_000_000n }),
  fc
    .tuple(fc.nat({ max: 62 }), fc.bigInt({ min: -2n, max: 2n }))
    .map(([bits, by]) => (1n << BigInt(bits)) + by),
  fc.bigInt({ min: -LARGEST - 1n, max: LARGEST }),
);
export const uint64 = int64.map((value) => BigInt.asUintN(64, value));
export const revision = fc.oneof(
  fc.bigInt({ min: 1n, max: 1_000_000n }),
  fc.bigInt({ min: 1n, max: LARGEST }),
);
export const exactNumber = fc.oneof(
  fc.integer({ min: -1, max: 300 }),
  fc.maxSafeInteger(),
);

/** Well-formed Unicode: what a lock needs, and what somebody else may have put. */
export const text = fc.oneof(
  fc.string({ maxLength: 80 }),
  fc.string({ unit: 'binary', maxLength: 30 }),
  fc.constantFrom('', '/', 'locks/orders%3A42/694d7a1e8b3c1014', '\uFFFD', 'ü'),
);

export const range: fc.Arbitrary<KeyRange> = fc.oneof(
  record({ key: text }),
  record({ key: text, end: text }),
);

const comparison: fc.Arbitrary<Comparison> = record({
  range,
  target: fc.constantFrom('create', 'mod', 'version'),
  is: fc.constantFrom('=', '!=', '<', '>'),
  to: int64,
});

export const read: fc.Arbitrary<RangeOperation> = record(
  {
    kind: fc.constant('range'),
    range,
    keysOnly: fc.boolean(),
    limit: fc.oneof(fc.integer({ min: 1, max: 500 }), fc.maxSafeNat()),
    orderBy: fc.constantFrom('age', 'key'),
  },
  ['kind', 'range'],
);

export const { transaction } = fc.letrec<{
  transaction: Transaction;
  operation: Operation;
}>((tie) => ({
  transaction: record({
    compare: fc.array(comparison, { maxLength: 3 }),
    success: fc.array(tie('operation'), { maxLength: 3 }),
    failure: fc.array(tie('operation'), { maxLength: 2 }),
  }),
  operation: fc.oneof(
    { maxDepth: 2 },
    record(
      {
        kind: fc.constant('put' as const),
        key: text,
        value: text,
        lease: int64,
      },
      ['kind', 'key', 'value'],
    ),
    record({ kind: fc.constant('delete' as const), range }),
    read,
    record({
      kind: fc.constant('transaction' as const),
      transaction: tie('transaction'),
    }),
  ),
}));

export const stored: fc.Arbitrary<StoredKey> = record({
  key: text,
  value: text,
  createRevision: int64,
  modRevision: int64,
  version: int64,
  lease: int64,
});

export const rangeReply = record({
  kind: fc.constant('range' as const),
  keys: fc.array(stored, { maxLength: 4 }),
  count: exactNumber,
});

const { nestedReply } = fc.letrec<{
  nestedReply: Extract<OperationReply, { kind: 'transaction' }>;
  reply: OperationReply;
}>((tie) => ({
  nestedReply: record({
    kind: fc.constant('transaction' as const),
    succeeded: fc.boolean(),
    replies: fc.array(tie('reply'), { maxLength: 3 }),
  }),
  reply: fc.oneof(
    { maxDepth: 2 },
    fc.constant({ kind: 'put' as const }),
    record({ kind: fc.constant('delete' as const), deleted: exactNumber }),
    rangeReply,
    tie('nestedReply'),
  ),
}));

export const transactionReply: fc.Arbitrary<TransactionReply> = fc
  .tuple(nestedReply, revision)
  .map(([{ succeeded, replies }, at]) => ({
    revision: at,
    succeeded,
    replies,
  }));

export const event: fc.Arbitrary<WatchEvent> = fc.oneof(
  record({ kind: fc.constant('put' as const), stored }),
  record({
    kind: fc.constant('delete' as const),
    key: text,
    modRevision: int64,
  }),
);
