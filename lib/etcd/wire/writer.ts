import { isEscape } from './utf8.js';
import { WireError } from './wire-error.js';
import { LENGTH_DELIMITED, VARINT } from './wire-type.js';

const INITIAL_BYTES = 8 * 1024;
/** What is kept for the next message at most. */
const KEPT_BYTES = 256 * 1024;
/** The longest varint and the longest tag. */
const VARINT_BYTES = 10;
const TAG_BYTES = 5;

/**
 * Writes a protobuf message from its end to its beginning: by the time the length of a part is to
 * be written, that part is there. So fields are given last one first.
 */
export class Writer {
  private bytes = Buffer.allocUnsafeSlow(INITIAL_BYTES);
  /** Where the message written so far begins. */
  private start = INITIAL_BYTES;
  /** An integer on its way from a bigint to the two halves of its 64 bits. */
  private readonly halves = new DataView(new ArrayBuffer(8));

  begin(): void {
    if (this.bytes.length > KEPT_BYTES) {
      this.bytes = Buffer.allocUnsafeSlow(INITIAL_BYTES);
    }
    this.start = this.bytes.length;
  }

  /** The message in a buffer of its own, behind `headroom` bytes. */
  take(headroom: number): Buffer {
    const { bytes, start } = this;
    const message = Buffer.allocUnsafe(headroom + bytes.length - start);
    bytes.copy(message, headroom, start);
    return message;
  }

  /** To be given to {@link message} once the fields of a nested message are written. */
  mark(): number {
    return this.bytes.length - this.start;
  }

  /** Makes a nested message of what was written since `mark`. */
  message(field: number, mark: number): void {
    this.reserve(VARINT_BYTES + TAG_BYTES);
    this.unsigned(this.bytes.length - this.start - mark);
    this.tag(field, LENGTH_DELIMITED);
  }

  text(field: number, text: string): void {
    const { length } = text;
    this.reserve(3 * length + VARINT_BYTES + TAG_BYTES);
    const { bytes, start } = this;
    let at = start;
    for (let index = length - 1; index >= 0; index -= 1) {
      const unit = text.charCodeAt(index);
      if (unit < 0x80) bytes[(at -= 1)] = unit;
      else if (unit < 0x800) {
        bytes[(at -= 1)] = 0x80 | (unit & 0x3f);
        bytes[(at -= 1)] = 0xc0 | (unit >> 6);
      } else if (unit < 0xd800 || unit > 0xdfff) {
        bytes[(at -= 1)] = 0x80 | (unit & 0x3f);
        bytes[(at -= 1)] = 0x80 | ((unit >> 6) & 0x3f);
        bytes[(at -= 1)] = 0xe0 | (unit >> 12);
      } else {
        const before = index > 0 ? text.charCodeAt(index - 1) : 0;
        if (unit >= 0xdc00 && before >= 0xd800 && before < 0xdc00) {
          index -= 1;
          const point = ((before - 0xd800) << 10) + unit - 0xdc00 + 0x10000;
          bytes[(at -= 1)] = 0x80 | (point & 0x3f);
          bytes[(at -= 1)] = 0x80 | ((point >> 6) & 0x3f);
          bytes[(at -= 1)] = 0x80 | ((point >> 12) & 0x3f);
          bytes[(at -= 1)] = 0xf0 | (point >> 18);
        } else if (isEscape(unit)) bytes[(at -= 1)] = unit & 0xff;
        else throw brokenText(unit);
      }
    }
    this.start = at;
    this.unsigned(start - at);
    this.tag(field, LENGTH_DELIMITED);
  }

  /** An int64. */
  bigint(field: number, value: bigint): void {
    this.reserve(VARINT_BYTES + TAG_BYTES);
    const { halves } = this;
    halves.setBigInt64(0, value);
    if (halves.getBigInt64(0) !== value) throw tooLarge(value);
    this.halvesOfInteger(halves.getUint32(4), halves.getUint32(0));
    this.tag(field, VARINT);
  }

  /** An int64 that a number can hold. */
  integer(field: number, value: number): void {
    if (!Number.isSafeInteger(value)) throw tooLarge(value);
    this.reserve(VARINT_BYTES + TAG_BYTES);
    this.halvesOfInteger(value >>> 0, Math.floor(value / 2 ** 32) >>> 0);
    this.tag(field, VARINT);
  }

  /** A number of an enumeration, or a boolean as 1. */
  small(field: number, value: number): void {
    this.reserve(VARINT_BYTES + TAG_BYTES);
    this.unsigned(value);
    this.tag(field, VARINT);
  }

  private halvesOfInteger(low: number, high: number): void {
    if (high === 0) {
      this.unsigned(low);
      return;
    }
    const { bytes } = this;
    let at = this.start;
    // 28 bits are four bytes; the fifth takes four from below and three from above.
    const upper = high >>> 3;
    let rest = upper;
    let length = 5;
    while (rest > 0) {
      rest >>>= 7;
      length += 1;
    }
    at -= length;
    this.start = at;
    let value = low;
    for (let index = 0; index < 4; index += 1) {
      bytes[at++] = 0x80 | (value & 0x7f);
      value >>>= 7;
    }
    value |= (high & 7) << 4;
    if (upper === 0) {
      bytes[at] = value;
      return;
    }
    bytes[at++] = 0x80 | value;
    for (value = upper; value > 0x7f; value >>>= 7) {
      bytes[at++] = 0x80 | (value & 0x7f);
    }
    bytes[at] = value;
  }

  /** A varint of up to 32 bits. */
  private unsigned(value: number): void {
    const { bytes } = this;
    if (value < 0x80) {
      bytes[(this.start -= 1)] = value;
      return;
    }
    let length = 2;
    for (let rest = value >>> 14; rest > 0; rest >>>= 7) length += 1;
    let at = (this.start -= length);
    let rest = value;
    for (; rest > 0x7f; rest >>>= 7) bytes[at++] = 0x80 | (rest & 0x7f);
    bytes[at] = rest;
  }

  private tag(field: number, type: number): void {
    this.unsigned((field << 3) | type);
  }

  private reserve(length: number): void {
    if (this.start >= length) return;
    const { bytes, start } = this;
    const written = bytes.length - start;
    const larger = Buffer.allocUnsafeSlow(2 * bytes.length + length);
    bytes.copy(larger, larger.length - written, start);
    this.bytes = larger;
    this.start = larger.length - written;
  }
}

function brokenText(unit: number): WireError {
  const code = unit.toString(16).toUpperCase();
  return new WireError(
    `half of a surrogate pair, U+${code}, cannot be sent to etcd`,
  );
}

function tooLarge(value: bigint | number): WireError {
  return new WireError(`${value} is not an integer that can be sent to etcd`);
}
