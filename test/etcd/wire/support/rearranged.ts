import protobuf from 'protobufjs';
import type { Random } from '../../../simulation/random.js';
import { messageType } from './definition.js';

/** A stretch of a message that holds one field. */
interface Part {
  readonly field: number;
  readonly bytes: Buffer;
}

/**
 * The message `bytes`, with the fields of each of its parts in another order and, between them,
 * fields that its definition does not have.
 */
export function rearranged(
  name: string,
  bytes: Buffer,
  random: Random,
): Buffer {
  const type = messageType(name);
  const waiting = partsOf(bytes).map(({ field, bytes: part }): Part => {
    const known = type.fieldsById[field]?.resolve();
    const nested = known?.resolvedType;
    if (!(nested instanceof protobuf.Type)) return { field, bytes: part };
    const reader = protobuf.Reader.create(part);
    reader.uint32();
    const inner = Buffer.from(reader.bytes());
    const again = rearranged(nested.fullName.slice(1), inner, random);
    const writer = protobuf.Writer.create();
    const whole = writer
      .uint32((field << 3) | 2)
      .bytes(again)
      .finish();
    return { field, bytes: Buffer.from(whole) };
  });
  const out: Buffer[] = [];
  while (waiting.length > 0) {
    if (random.chance(0.25)) out.push(unknownField(random));
    const { field } = random.pick(waiting);
    // Those of a list keep their order.
    const next = waiting.findIndex((part) => part.field === field);
    out.push(...waiting.splice(next, 1).map((part) => part.bytes));
  }
  if (random.chance(0.25)) out.push(unknownField(random));
  return Buffer.concat(out);
}

/** The lengths to which a message can be cut without cutting a field. */
export function fieldEnds(bytes: Buffer): ReadonlySet<number> {
  let end = 0;
  return new Set(partsOf(bytes).map((part) => (end += part.bytes.length)));
}

function partsOf(bytes: Buffer): Part[] {
  const reader = protobuf.Reader.create(bytes);
  const parts: Part[] = [];
  while (reader.pos < reader.len) {
    const start = reader.pos;
    const tag = reader.uint32();
    reader.skipType(tag & 7);
    parts.push({ field: tag >>> 3, bytes: bytes.subarray(start, reader.pos) });
  }
  return parts;
}

function unknownField(random: Random): Buffer {
  const field = random.pick([15, 16, 63, 5000, 2 ** 29 - 1]);
  const type = random.pick([0, 1, 2, 5]);
  const writer = protobuf.Writer.create().uint32(((field << 3) | type) >>> 0);
  switch (type) {
    case 0:
      writer.int64(-random.whole(0, 2 ** 31));
      break;
    case 1:
      writer.fixed64(random.whole(0, 2 ** 31));
      break;
    case 2:
      writer.bytes(Buffer.alloc(random.whole(0, 200), 0xff));
      break;
    default:
      writer.fixed32(random.whole(0, 2 ** 31));
  }
  return Buffer.from(writer.finish());
}
