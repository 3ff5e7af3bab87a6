import type { IKeyValue } from 'etcd3';
import type { KeyRange, StoredKey } from '../core/index.js';

/** Keys and values are bytes in etcd and UTF-8 here. */
export function encodeText(text: string): Buffer {
  return Buffer.from(text, 'utf8');
}

/**
 * A 64-bit integer as protobufjs takes it: as a number where that is exact, else by its halves.
 * Its types know nothing of these; parsing decimal digits would cost more than a lock does.
 */
export function encodeInteger(value: bigint): number {
  if (value <= Number.MAX_SAFE_INTEGER) return Number(value);
  const halves = {
    low: Number(BigInt.asIntN(32, value)),
    high: Number(value >> 32n),
    unsigned: false,
  };
  return halves as unknown as number;
}

export interface EncodedRange {
  key: Buffer;
  range_end?: Buffer;
}

export function encodeRange({ key, end }: KeyRange): EncodedRange {
  return end === undefined
    ? { key: encodeText(key) }
    : { key: encodeText(key), range_end: encodeText(end) };
}

export function decodeKey(stored: IKeyValue): StoredKey {
  return {
    key: stored.key.toString('utf8'),
    value: stored.value.toString('utf8'),
    createRevision: BigInt(stored.create_revision),
    modRevision: BigInt(stored.mod_revision),
    version: BigInt(stored.version),
    lease: BigInt(stored.lease),
  };
}
