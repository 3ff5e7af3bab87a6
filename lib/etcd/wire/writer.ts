import { encodeExactly, isWellFormed } from './utf8.js';
import { WireError } from './wire-error.js';
import { LENGTH_DELIMITED, VARINT } from './wire-type.js';

const INITIAL_BYTES = 8 * 1024;
/** What is kept for the next message at most. */
const KEPT_BYTES = 256 * 1024;
const LONGEST_SHORT = 48;
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
    const end = this.start;
    if (length > LONGEST_SHORT || !this.shortAscii(text)) this.anyText(text);
    this.unsigned(end - this.start);
    this.tag(field, LENGTH_DELIMITED);
  }

  /** An int64. */
  bigint(field: number, value: bigint): void {
    this.reserve(VARINT_BYTES + TAG_BYTES);
    const { halves } = this;
    halves.setBigInt64(0, value);
    if (halves.getBigInt64(0) !== value) throw tooLarge(value);
    this.varint(halves.getUint32(4), halves.getUint32(0));
    this.tag(field, VARINT);
  }

  /** An int64 that a number can hold. */
  integer(field: number, value: number): void {
    if (!Number.isSafeInteger(value)) throw tooLarge(value);
    this.reserve(VARINT_BYTES + TAG_BYTES);
    this.varint(value >>> 0, Math.floor(value / 2 ** 32) >>> 0);
    this.tag(field, VARINT);
  }

  /** A number of an enumeration, or a boolean as 1. */
  small(field: number, value: number): void {
    this.reserve(VARINT_BYTES + TAG_BYTES);
    this.unsigned(value);
    this.tag(field, VARINT);
  }

  /** Writes what it says, or nothing. Of short text this takes less time than a call to Node. */
  private shortAscii(text: string): boolean {
    const { bytes } = this;
    let at = this.start;
    for (let index = text.length - 1; index >= 0; index -= 1) {
      const unit = text.charCodeAt(index);
      if (unit > 0x7f) return false;
      bytes[(at -= 1)] = unit;
    }
    this.start = at;
    return true;
  }

  private anyText(text: string): void {
    const { bytes, start } = this;
    // How many bytes it takes is known only once it is written, so it is moved afterwards.
    const most = 3 * text.length;
    const room = start - most;
    let written = bytes.write(text, room, most);
    if (written !== text.length && !isWellFormed(text)) {
      written = encodeExactly(text).copy(bytes, room);
    }
    bytes.copyWithin(start - written, room, room + written);
    this.start = start - written;
  }

  private unsigned(value: number): void {
    if (value < 0x80) this.bytes[(this.start -= 1)] = value;
    else this.varint(value, 0);
  }

  /** Of the halves of 64 bits. */
  private varint(low: number, high: number): void {
    const { bytes } = this;
    const bits = high === 0 ? 32 - Math.clz32(low) : 64 - Math.clz32(high);
    const length = Math.ceil(bits / 7) || 1;
    let at = (this.start -= length);
    for (const last = at + length - 1; at < last; at += 1) {
      bytes[at] = 0x80 | (low & 0x7f);
      low = (low >>> 7) | (high << 25);
      high >>>= 7;
    }
    bytes[at] = low;
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

function tooLarge(value: bigint | number): WireError {
  return new WireError(`${value} is not an integer that can be sent to etcd`);
}
