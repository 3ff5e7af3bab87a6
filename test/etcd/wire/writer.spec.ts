import { describe, expect, it } from 'vitest';
import { Writer } from '../../../lib/etcd/wire/writer.js';

/** A new writer has room for so many integers of eleven bytes. */
const FULL = Math.floor((8 * 1024) / 11);

type Write = (writer: Writer) => void;

const small: Write = (writer) => writer.small(1, 1);
const large: Write = (writer) => writer.bigint(1, -1n);

function written(...parts: readonly Write[]): Buffer {
  const writer = new Writer();
  writer.begin();
  for (const write of parts) write(writer);
  return writer.take(0);
}

describe('a message that outgrows its buffer', () => {
  it.each<[string, Write]>([
    [
      'small numbers',
      (writer) => {
        for (let n = 0; n < 5; n += 1) writer.small(2, 300);
      },
    ],
    ['an integer', (writer) => writer.integer(2, Number.MAX_SAFE_INTEGER)],
    ['a bigint', (writer) => writer.bigint(2, -1n)],
    ['short text', (writer) => writer.text(2, 'short')],
    ['text of other alphabets', (writer) => writer.text(2, '漢字'.repeat(30))],
    [
      'the end of messages within messages',
      (writer) => {
        for (let depth = 0; depth < 6; depth += 1)
          writer.message(2, writer.mark());
      },
    ],
  ])('has all of it, wherever %s meets the end', (_, write) => {
    const part = written(write);
    for (let shift = 0; shift < 6; shift += 1)
      for (let count = FULL - 3; count <= FULL + 1; count += 1) {
        // What is written first comes last.
        const whole = Buffer.concat([
          part,
          ...Array<Buffer>(count).fill(written(large)),
          ...Array<Buffer>(shift).fill(written(small)),
        ]);
        const message = written(
          ...Array<Write>(shift).fill(small),
          ...Array<Write>(count).fill(large),
          write,
        );
        expect(message.equals(whole), `${shift} and ${count}`).toBe(true);
      }
  });
});
