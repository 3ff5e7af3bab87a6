import { decodeText } from './utf8.js';
import { WireError } from './wire-error.js';
import { FIXED_32, FIXED_64, LENGTH_DELIMITED, VARINT } from './wire-type.js';

const DEEPEST = 100;

/** An integer on its way from the two halves of its 64 bits to a bigint. */
const halves = new DataView(new ArrayBuffer(8));

/**
 * Reads a protobuf message, field by field. Nothing is read beyond the end of the message or of its
 * part, and every complaint is a {@link WireError}.
 */
export class Reader {
  private at = 0;
  private end: number;
  private depth = 0;
  private field = 0;
  private type = 0;
  /** The halves of the last varint. */
  private low = 0;
  private high = 0;

  constructor(private readonly bytes: Buffer) {
    this.end = bytes.length;
  }

  /** The number of the next field, to be read or skipped; 0 at the end. */
  next(): number {
    if (this.at >= this.end) return 0;
    const tag = this.length();
    this.type = tag & 7;
    this.field = tag >>> 3;
    if (this.field === 0 || tag > 0xffff_ffff) {
      throw new WireError('a field has no valid number');
    }
    return this.field;
  }

  /** Goes into a nested message. What it returns is to be given to {@link leave}. */
  enter(): number {
    const outer = this.end;
    this.end = this.endOfPart();
    if ((this.depth += 1) > DEEPEST) {
      throw new WireError(`messages are nested more than ${DEEPEST} deep`);
    }
    return outer;
  }

  leave(outer: number): void {
    this.end = outer;
    this.depth -= 1;
  }

  text(): string {
    const end = this.endOfPart();
    const start = this.at;
    this.at = end;
    return start === end ? '' : decodeText(this.bytes, start, end);
  }

  flag(): boolean {
    return this.integer() !== 0;
  }

  /** An int64 that should be exact as a number; beyond that the nearest. */
  integer(): number {
    this.expect(VARINT);
    const { at, bytes } = this;
    const first = bytes[at]!;
    if (at < this.end && first < 0x80) {
      this.at = at + 1;
      return first;
    }
    this.varint();
    return (this.high | 0) * 2 ** 32 + this.low;
  }

  int64(): bigint {
    this.expect(VARINT);
    this.varint();
    if (this.high === 0) return BigInt(this.low);
    halves.setUint32(0, this.high);
    halves.setUint32(4, this.low);
    return halves.getBigInt64(0);
  }

  uint64(): bigint {
    return BigInt.asUintN(64, this.int64());
  }

  skip(): void {
    switch (this.type) {
      case VARINT:
        this.varint();
        return;
      case FIXED_64:
        this.pass(8);
        return;
      case LENGTH_DELIMITED:
        this.at = this.endOfPart();
        return;
      case FIXED_32:
        this.pass(4);
        return;
      default:
        // Groups among them, which etcd never used.
        throw this.wrongType();
    }
  }

  private endOfPart(): number {
    this.expect(LENGTH_DELIMITED);
    const length = this.length();
    const end = this.at + length;
    if (end > this.end) throw truncated();
    return end;
  }

  /** A varint that no valid message has beyond 32 bits. */
  private length(): number {
    const { at, bytes } = this;
    const first = bytes[at]!;
    if (at < this.end && first < 0x80) {
      this.at = at + 1;
      return first;
    }
    this.varint();
    return this.high * 2 ** 32 + this.low;
  }

  private pass(length: number): void {
    this.at += length;
    if (this.at > this.end) throw truncated();
  }

  private expect(type: number): void {
    if (this.type !== type) throw this.wrongType();
  }

  private wrongType(): WireError {
    return new WireError(`field ${this.field} is of wire type ${this.type}`);
  }

  private varint(): void {
    const { bytes, end } = this;
    let { at } = this;
    let low = 0;
    let high = 0;
    for (let shift = 0; shift < 70; shift += 7) {
      if (at >= end) throw truncated();
      const byte = bytes[at]!;
      at += 1;
      const bits = byte & 0x7f;
      if (shift < 28) low |= bits << shift;
      else if (shift === 28) {
        low |= bits << 28;
        high = bits >> 4;
      } else high |= bits << (shift - 32);
      if (byte < 0x80) {
        if (shift === 63 && bits > 1) break;
        this.at = at;
        this.low = low >>> 0;
        this.high = high >>> 0;
        return;
      }
    }
    throw new WireError('an integer is longer than 64 bits');
  }
}

function truncated(): WireError {
  return new WireError('the message ends in the middle of a field');
}
