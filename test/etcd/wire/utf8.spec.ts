import assert from 'node:assert/strict';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  AUTHENTICATE,
  RANGE,
  TXN,
  WireError,
} from '../../../lib/etcd/wire/index.js';
import { bytesOf, messageType } from './support/definition.js';

/** Thousands of messages take a second or two on a machine that does nothing else. */
const PATIENT = { timeout: 60_000 };

const HEADER = { revision: 1 };

/** The key of a range reply with these bytes. */
function keyRead(bytes: Uint8Array): string {
  const kvs = [{ key: bytes }];
  const reply = RANGE.decode(bytesOf('RangeResponse', { header: HEADER, kvs }));
  return reply.keys[0]!.key;
}

/** What stands for `key` in a request. */
function keyWritten(key: string): Buffer {
  const request = RANGE.encode({
    operation: { kind: 'range', range: { key } },
    stale: false,
  });
  const { key: bytes } = messageType('RangeRequest').decode(
    request,
  ) as unknown as {
    key: Uint8Array;
  };
  return Buffer.from(bytes);
}

/** The same by another way: the longest piece that a strict decoder takes, else one byte. */
function surrogateEscape(bytes: Uint8Array): string {
  const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  let text = '';
  for (let at = 0; at < bytes.length;) {
    let length = 0;
    let piece = '';
    for (let tried = 1; tried <= 4 && length === 0; tried += 1) {
      try {
        piece = strict.decode(bytes.subarray(at, at + tried));
        length = tried;
      } catch {
        // Not yet, or not at all.
      }
    }
    text += length > 0 ? piece : String.fromCharCode(0xdc00 + bytes[at]!);
    at += length || 1;
  }
  return text;
}

/** Random bytes are hardly ever nearly UTF-8: pieces of it, whole, cut and damaged. */
const nearlyUtf8 = fc
  .array(
    fc.oneof(
      fc.uint8Array({ maxLength: 3 }),
      fc
        .string({ unit: 'binary', maxLength: 3 })
        .map((text) => Buffer.from(text)),
      fc
        .constantFrom(
          [0xc0, 0x80],
          [0xc3],
          [0xa9],
          [0xe0, 0x9f, 0xbf],
          [0xe0, 0xa0, 0x80],
          [0xe2, 0x82],
          [0xed, 0x9f, 0xbf],
          [0xed, 0xa0, 0x80],
          [0xed, 0xb2, 0x80],
          [0xef, 0xbb, 0xbf],
          [0xef, 0xbf, 0xbd],
          [0xf0, 0x8f, 0xbf, 0xbf],
          [0xf0, 0x9f, 0x94],
          [0xf0, 0x9f, 0x94, 0x92],
          [0xf4, 0x8f, 0xbf, 0xbf],
          [0xf4, 0x90, 0x80, 0x80],
          [0xf5, 0x80, 0x80, 0x80],
        )
        .map((bytes) => Buffer.from(bytes)),
    ),
    { maxLength: 8 },
  )
  .map((pieces) => Buffer.concat(pieces));

describe('a name in etcd that is not UTF-8', PATIENT, () => {
  it('is written back as the very bytes that were read', () => {
    fc.assert(
      fc.property(nearlyUtf8, (bytes) => {
        assert.deepEqual(keyWritten(keyRead(bytes)), bytes);
      }),
      { numRuns: 1_500 },
    );
  });

  it('is read by the rule of surrogate escapes, and UTF-8 as what it is', () => {
    fc.assert(
      fc.property(nearlyUtf8, (bytes) => {
        assert.equal(keyRead(bytes), surrogateEscape(bytes));
      }),
      { numRuns: 1_500 },
    );
  });

  it.each([
    [[0x61, 0xff, 0x62], 'a\udcffb'],
    [[0xc3, 0x28], '\udcc3('],
    [[0xed, 0xa0, 0x80], '\udced\udca0\udc80'],
    [[0xe2, 0x82], '\udce2\udc82'],
    [[0xf0, 0x9f, 0x94, 0x92, 0x92], '🔒\udc92'],
    [[0xef, 0xbb, 0xbf, 0xef, 0xbf, 0xbd], '\ufeff\ufffd'],
  ])('%j is "%s"', (bytes, text) => {
    expect(keyRead(Buffer.from(bytes))).toBe(text);
  });

  it('is told from another such name, and from that of U+FFFD', () => {
    const names = [[0xfe], [0xff], [0xef, 0xbf, 0xbd]];
    const texts = names.map((bytes) => keyRead(Buffer.from(bytes)));
    expect(new Set(texts)).toHaveLength(3);
  });
});

describe('text', () => {
  it.each([
    '',
    'a',
    'ä',
    '€',
    '🔒',
    'a'.repeat(48),
    'a'.repeat(49),
    'ä'.repeat(49),
    `${'a'.repeat(60)}🔒`,
    '\ufeffa',
  ])('is UTF-8 in a request: "%s"', (text) => {
    expect(keyWritten(text)).toEqual(Buffer.from(text));
  });

  it.each([
    '\ud83d',
    'a\ud83db',
    '\udc00',
    '\udc7f',
    '\udd00',
    `${'a'.repeat(60)}\ud83d`,
  ])(
    'is refused where it is half of a surrogate pair that stands for no byte (%j)',
    (text) => {
      expect(() => keyWritten(text)).toThrow(WireError);
      expect(() =>
        TXN.encode({
          compare: [],
          success: [{ kind: 'put', key: 'a', value: text }],
          failure: [],
        }),
      ).toThrow(
        /half of a surrogate pair, U\+D[8CD][0-9A-F]{2}, cannot be sent/,
      );
    },
  );

  it('that was refused leaves nothing in the next message', () => {
    expect(() =>
      AUTHENTICATE.encode({ username: '\ud83d', password: 'secret' }),
    ).toThrow(WireError);
    expect(AUTHENTICATE.encode({ username: 'a', password: '' })).toEqual(
      bytesOf('AuthenticateRequest', { name: 'a', password: '' }),
    );
  });
});
