import { WireError } from './wire-error.js';

/**
 * Keys and values are bytes in etcd and strings here: UTF-8, and where the bytes are none, each
 * offending byte is half of a surrogate pair, U+DC80 to U+DCFF, as Python's "surrogateescape"
 * (PEP 383) has it. So distinct bytes are distinct strings, and each string that was read is written
 * back as the bytes it was read from. Order is kept only among strings without such halves.
 */

const REPLACEMENT = '\uFFFD';
const LONE_SURROGATE = /\p{Surrogate}/u;
/** Added to a byte that is part of no character. */
const ESCAPE = 0xdc00;

/** Whether UTF-8 can say it. */
export function isWellFormed(text: string): boolean {
  return !LONE_SURROGATE.test(text);
}

/** For text that is not well-formed. */
export function encodeExactly(text: string): Buffer {
  const bytes: number[] = [];
  for (const character of text) {
    if (isWellFormed(character)) bytes.push(...Buffer.from(character));
    else bytes.push(escapedByte(character.charCodeAt(0)));
  }
  return Buffer.from(bytes);
}

export function decodeText(bytes: Buffer, start: number, end: number): string {
  const text = bytes.toString('utf8', start, end);
  return text.includes(REPLACEMENT) ? decodeExactly(bytes, start, end) : text;
}

function escapedByte(unit: number): number {
  const byte = unit - ESCAPE;
  if (byte >= 0x80 && byte <= 0xff) return byte;
  const code = unit.toString(16).toUpperCase();
  throw new WireError(
    `half of a surrogate pair, U+${code}, cannot be sent to etcd`,
  );
}

function decodeExactly(bytes: Buffer, start: number, end: number): string {
  const units = Buffer.allocUnsafe(2 * (end - start));
  let written = 0;
  let from = start;
  const takeUntil = (to: number) => {
    if (from === to) return;
    const text = bytes.toString('utf8', from, to);
    written += units.write(text, written, 'utf16le');
  };
  for (let at = start; at < end;) {
    const length = sequenceLength(bytes, at, end);
    if (length === 0) {
      takeUntil(at);
      written = units.writeUInt16LE(ESCAPE + bytes[at]!, written);
      from = at + 1;
    }
    at += length || 1;
  }
  takeUntil(end);
  return units.toString('utf16le', 0, written);
}

/** How many bytes make up the character at `at`, by RFC 3629; 0 where there is none. */
function sequenceLength(bytes: Buffer, at: number, end: number): number {
  const first = bytes[at]!;
  if (first < 0x80) return 1;
  const length = first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
  if (first < 0xc2 || first > 0xf4 || at + length > end) return 0;
  // Neither longer than need be, nor halves of surrogate pairs, nor beyond U+10FFFF.
  const lowest = first === 0xe0 ? 0xa0 : first === 0xf0 ? 0x90 : 0x80;
  const highest = first === 0xed ? 0x9f : first === 0xf4 ? 0x8f : 0xbf;
  const second = bytes[at + 1]!;
  if (second < lowest || second > highest) return 0;
  for (let next = at + 2; next < at + length; next += 1) {
    if ((bytes[next]! & 0xc0) !== 0x80) return 0;
  }
  return length;
}
