import { describe, expect, it } from 'vitest';
import {
  AUTHENTICATE,
  LEASE_GRANT,
  LEASE_KEEP_ALIVE,
  LEASE_REVOKE,
  LEASE_TIME_TO_LIVE,
  MEMBER_LIST,
  RANGE,
  STATUS,
  TXN,
  WATCH,
  WireError,
} from '../../../lib/etcd/wire/index.js';
import { bytesOf, type Plain } from './support/definition.js';

const HEADER = { revision: 7 };

const hex = (digits: string) => Buffer.from(digits.replaceAll(' ', ''), 'hex');

/** A field of a message that is longer than 127 bytes. */
function long(tag: number, part: Buffer): Buffer {
  const length = Buffer.from([0, 0, 0, 0]);
  for (let index = 0, rest = part.length; index < 4; index += 1, rest >>>= 7) {
    length[index] = (rest & 0x7f) | (index < 3 ? 0x80 : 0);
  }
  return Buffer.concat([Buffer.from([tag]), length, part]);
}

describe('a reply is refused', () => {
  it.each([
    ['an integer goes on for eleven bytes', '10 ffffffffffffffffffff 01', '64'],
    ['an integer has more than 64 bits', '10 ffffffffffffffffff 02', '64'],
    ['an integer is cut off', '10 ff', 'ends'],
    ['a tag is cut off', '10 01 80', 'ends'],
    ['a tag has more than 32 bits', '80808080 10 00', 'number'],
    ['a field has the number 0', '00 00', 'number'],
    ['a part is longer than the message', '1a 05 61626364', 'ends'],
    ['a part is 4 GB long', '1a ffffffff 0f 61', 'ends'],
    ['a part is 2^64 - 1 bytes long', '1a ffffffffffffffffff 01 61', 'ends'],
    ['a part reaches beyond that around it', '0a 02 22 02 18 01', 'ends'],
    ['an integer reaches beyond its part', '0a 02 18 ff 01', 'ends'],
    ['a fixed field is cut off', '79 00000000000000', 'ends'],
    ['another fixed field is cut off', '7d 000000', 'ends'],
    ['an unknown field is a group', '7b 7c', 'field 15 is of wire type 3'],
    ['a group ends', '7c', 'field 15 is of wire type 4'],
    ['a field has wire type 6', '7e 00', 'field 15 is of wire type 6'],
    ['a field has wire type 7', '7f 00', 'field 15 is of wire type 7'],
  ])('where %s', (_, digits, message) => {
    for (const { decode } of [TXN, RANGE, STATUS, LEASE_REVOKE, MEMBER_LIST]) {
      expect(() => decode(hex(digits))).toThrow(WireError);
    }
    expect(() => LEASE_REVOKE.decode(hex(digits))).toThrow(message);
  });

  it.each([
    ['the header', TXN, '08 01', 1],
    ['success', TXN, '12 00', 2],
    ['the answer to an operation', TXN, '18 01', 3],
    ['a range in it', TXN, '1a 02 08 00', 1],
    ['what it deleted', TXN, '1a 04 1a 02 12 00', 2],
    ['a key', RANGE, '12 02 08 01', 1],
    ['a revision', RANGE, '12 02 12 00', 2],
    ['a count', RANGE, '22 00', 4],
    ['a lease', LEASE_GRANT, '12 00', 2],
    ['a TTL', LEASE_KEEP_ALIVE, '1d 00000000', 3],
    ['an event', WATCH, '58 01', 11],
    ['a token', AUTHENTICATE, '10 01', 2],
    ['a version', STATUS, '10 01', 2],
  ])('where %s is of another type', (_, { decode }, digits, field) => {
    expect(() => decode(hex(digits))).toThrow(
      new RegExp(`^field ${field} is of wire type \\d$`),
    );
  });

  it('where parts lie within parts without end', () => {
    let bytes: Buffer = hex('10 01');
    for (let depth = 0; depth < 20_000; depth += 1) {
      bytes = long(0x1a, long(0x22, bytes));
      if (depth === 39) {
        const whole = Buffer.concat([hex('0a 02 18 01'), bytes]);
        expect(TXN.decode(whole).replies).toHaveLength(1);
      }
      // Longer ones need more than four bytes to say so; they are deep enough.
      if (bytes.length > 20_000) break;
    }
    expect(() => TXN.decode(bytes)).toThrow('nested more than 100 deep');
  });
});

describe('a reply that is valid and says too little is refused:', () => {
  it('one that names no revision, of a transaction or of a read', () => {
    for (const { decode } of [TXN, RANGE]) {
      expect(() => decode(Buffer.alloc(0))).toThrow(WireError);
      expect(() => decode(hex('0a 00'))).toThrow('at which revision');
    }
  });

  it('a lease without an ID, whose keys would stay for ever', () => {
    const bytes = bytesOf('LeaseGrantResponse', { header: HEADER, TTL: 5 });
    expect(() => LEASE_GRANT.decode(bytes)).toThrow('without an ID');
  });

  it('nothing for an answer to an operation', () => {
    const responses = [{ response_put: {} }, {}];
    const bytes = bytesOf('TxnResponse', { header: HEADER, responses });
    expect(() => TXN.decode(bytes)).toThrow('answered with nothing');
  });

  it('an event that names no key, or is of no kind that we know', () => {
    const event = (plain: Plain) =>
      bytesOf('WatchResponse', { events: [plain] });
    expect(() => WATCH.decode(event({ type: 'Delete' }))).toThrow('no key');
    expect(() => WATCH.decode(event({ type: 2, kv: {} }))).toThrow('kind: 2');
  });
});

describe('a reply', () => {
  it('may say nothing where nothing depends on it', () => {
    const nothing = Buffer.alloc(0);
    expect(LEASE_REVOKE.decode(nothing)).toEqual({ revision: 0n });
    expect(LEASE_KEEP_ALIVE.decode(nothing)).toEqual({
      lease: 0n,
      ttlMs: 'gone',
      revision: 0n,
    });
    expect(LEASE_TIME_TO_LIVE.decode(nothing)).toEqual({
      ttlMs: 0,
      keys: [],
      revision: 0n,
    });
    expect(STATUS.decode(nothing)).toMatchObject({ clusterId: 0n, errors: [] });
  });

  it('has integers that are written longer than need be', () => {
    expect(LEASE_REVOKE.decode(hex('0a 05 18 87 80 80 00'))).toEqual({
      revision: 7n,
    });
  });

  it.each([
    ['01', 1n],
    ['7f', 127n],
    ['80 01', 128n],
    ['ff ff ff ff 07', 2n ** 31n - 1n],
    ['80 80 80 80 08', 2n ** 31n],
    ['ff ff ff ff 0f', 2n ** 32n - 1n],
    ['80 80 80 80 10', 2n ** 32n],
    ['ff ff ff ff ff ff ff 0f', 2n ** 53n - 1n],
    ['81 80 80 80 80 80 80 10', 2n ** 53n + 1n],
    ['ff ff ff ff ff ff ff ff 7f', 2n ** 63n - 1n],
    ['80 80 80 80 80 80 80 80 80 01', -(2n ** 63n)],
    ['ff ff ff ff ff ff ff ff ff 01', -1n],
  ])('has an exact integer in %s', (digits, value) => {
    const bytes = hex(`10 ${digits}`);
    expect(LEASE_KEEP_ALIVE.decode(bytes).lease).toBe(value);
    const { id } = WATCH.decode(bytes);
    expect(id).toBe(Number(value));
  });

  it('has the largest numbers of a cluster and of a member, which have no sign', () => {
    const most = (2n ** 64n - 1n).toString();
    const header = { cluster_id: most, member_id: most };
    expect(STATUS.decode(bytesOf('StatusResponse', { header }))).toMatchObject({
      clusterId: 2n ** 64n - 1n,
      memberId: 2n ** 64n - 1n,
    });
  });

  it.each([
    [10, 10_000],
    [1, 1_000],
    [0, 'gone'],
    [-1, 'gone'],
  ])('to a keep-alive says %s s of a lease', (TTL, ttlMs) => {
    const bytes = bytesOf('LeaseKeepAliveResponse', { header: HEADER, TTL });
    expect(LEASE_KEEP_ALIVE.decode(bytes).ttlMs).toBe(ttlMs);
  });

  it.each([
    [10, 10_000],
    [0, 0],
    [-1, 'gone'],
  ])('about a life that is not renewed says %s s', (TTL, ttlMs) => {
    const bytes = bytesOf('LeaseTimeToLiveResponse', { header: HEADER, TTL });
    expect(LEASE_TIME_TO_LIVE.decode(bytes).ttlMs).toBe(ttlMs);
  });

  it('to a watch that is refused has the ID -1 and the reason', () => {
    const bytes = bytesOf('WatchResponse', {
      header: HEADER,
      watch_id: -1,
      created: true,
      canceled: true,
      cancel_reason: 'etcdserver: permission denied',
    });
    expect(WATCH.decode(bytes)).toEqual({
      id: -1,
      created: true,
      canceled: true,
      compactRevision: 0n,
      cancelReason: 'etcdserver: permission denied',
      events: [],
      revision: 7n,
    });
  });

  it('keeps nothing of the bytes it was read from', () => {
    const kvs = [{ key: Buffer.from('a'.repeat(100)) }];
    const bytes = bytesOf('RangeResponse', { header: HEADER, kvs, count: 1 });
    const reply = RANGE.decode(bytes);
    bytes.fill(0);
    expect(reply.keys[0]!.key).toBe('a'.repeat(100));
  });
});

describe('a hostile reply', () => {
  it('costs no memory for what it only announces', () => {
    const bytes = hex('12 ffffffff 07 61');
    const before = process.memoryUsage().arrayBuffers;
    for (let times = 0; times < 1_000; times += 1) {
      expect(() => RANGE.decode(bytes)).toThrow(WireError);
    }
    const grown = process.memoryUsage().arrayBuffers - before;
    expect(grown).toBeLessThan(2 ** 20);
  });

  it('of a megabyte that is no UTF-8, or of as much in empty parts, is read in one go', () => {
    const kv = long(0x2a, Buffer.alloc(1_000_000, 0xc3));
    const header = hex('0a 02 18 07');
    const odd = RANGE.decode(Buffer.concat([header, long(0x12, kv)]));
    expect(odd.keys[0]!.value === '\udcc3'.repeat(1_000_000)).toBe(true);
    const empty = Buffer.alloc(1_000_000, hex('12 00'));
    const many = RANGE.decode(Buffer.concat([header, empty]));
    expect(many.keys).toHaveLength(500_000);
  });
});
