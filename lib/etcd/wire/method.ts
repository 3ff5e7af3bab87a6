import type { Effect } from '../store-error.js';

/** One call of etcd's gRPC interface, or one stream, whose messages come and go one by one. */
export interface Method<Request, Reply> {
  /** The path of the HTTP request. */
  readonly path: string;
  /** Whether the call could have changed anything in etcd. */
  readonly effect: Effect;
  /**
   * Makes a message; the buffer is the caller's. `headroom` leaves so many bytes before it, of any
   * content, for the header of a frame.
   *
   * @throws {WireError} for what no message can hold: integers beyond 64 bits, broken Unicode
   */
  readonly encode: (request: Request, headroom?: number) => Buffer;
  /**
   * Reads a message. Fields that it does not know, those of a later etcd, are passed over.
   *
   * @throws {WireError} for bytes that are no such message, and nothing else
   */
  readonly decode: (bytes: Buffer) => Reply;
}
