import { CallFailure, STATUS } from '../call-failure.js';

/** A flag and a length. */
export const HEADER_BYTES = 5;

/** More than any message of etcd, and less than what would end this process. */
const LONGEST_MESSAGE = 256 * 2 ** 20;

/** Writes the header of gRPC into the room that was left for it. */
export function writeHeader(message: Buffer): Buffer {
  message[0] = 0;
  message.writeUInt32BE(message.length - HEADER_BYTES, 1);
  return message;
}

/** Finds messages in bytes that are cut anywhere. */
export class MessageReader {
  private pieces: Buffer[] = [];
  private length = 0;
  /** Of the message that has begun, with its header; 0 while that is not known. */
  private wanted = 0;

  constructor(
    private readonly host: string,
    private readonly take: (message: Buffer) => void,
  ) {}

  /** Whether the bytes end within a message. */
  get withinMessage(): boolean {
    return this.length > 0;
  }

  /** @throws {CallFailure} for what cannot be read; nothing after it can */
  push(bytes: Buffer): void {
    this.pieces.push(bytes);
    this.length += bytes.length;
    while (this.length >= (this.wanted || HEADER_BYTES)) {
      if (this.wanted === 0) {
        this.wanted = this.lengthOf(this.first(HEADER_BYTES));
        continue;
      }
      const all = this.first(this.wanted);
      const message = all.subarray(HEADER_BYTES, this.wanted);
      const rest = all.subarray(this.wanted);
      this.pieces = this.pieces.slice(1);
      if (rest.length > 0) this.pieces.unshift(rest);
      this.length -= this.wanted;
      this.wanted = 0;
      this.take(message);
    }
  }

  /** The first piece, which has at least `length` bytes. */
  private first(length: number): Buffer {
    if (this.pieces[0]!.length < length) {
      this.pieces = [Buffer.concat(this.pieces)];
    }
    return this.pieces[0]!;
  }

  private lengthOf(header: Buffer): number {
    if (header[0] !== 0) {
      throw new CallFailure(
        `${this.host} sent a compressed message, which nobody asked for`,
        STATUS.internal,
        true,
      );
    }
    const length = header.readUInt32BE(1);
    if (length > LONGEST_MESSAGE) {
      throw new CallFailure(
        `${this.host} sent a message larger than max: ${length} bytes`,
        STATUS.resourceExhausted,
        true,
      );
    }
    return HEADER_BYTES + length;
  }
}
