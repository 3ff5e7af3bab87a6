import type { Revision } from '../../core/index.js';
import { revisionOf } from './header.js';
import { Reader } from './reader.js';
import { Writer } from './writer.js';

/** Encoding never waits, so one is enough, and its buffer serves message after message. */
const writer = new Writer();

/** Makes the `encode` of a method. `write` writes the last field first. */
export function encoder<Request>(
  write: (writer: Writer, request: Request) => void,
) {
  return (request: Request, headroom = 0): Buffer => {
    writer.begin();
    write(writer, request);
    return writer.take(headroom);
  };
}

/** Makes the `decode` of a method. `read` is given what the header says, and passes that over. */
export function decoder<Reply>(
  read: (reader: Reader, revision: Revision) => Reply,
) {
  return (bytes: Buffer): Reply => read(new Reader(bytes), revisionOf(bytes));
}
