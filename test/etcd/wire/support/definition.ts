import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import protobuf from 'protobufjs';

const etcd3 = dirname(
  createRequire(import.meta.url).resolve('etcd3/package.json'),
);

/** etcd's own definition of its messages, of which etcd3 publishes a copy. */
export const definition = new protobuf.Root().loadSync(
  join(etcd3, 'proto', 'rpc.proto'),
  { keepCase: true },
);

/** A message as protobufjs takes it; 64-bit integers as decimal digits. */
export type Plain = Record<string, unknown>;

export function messageType(name: string): protobuf.Type {
  return definition.lookupType(name);
}

/** What protobufjs makes of `plain`. */
export function bytesOf(name: string, plain: Plain): Buffer {
  const type = messageType(name);
  return Buffer.from(type.encode(type.fromObject(plain)).finish());
}

/** What protobufjs understands of `bytes`, fields that are not there included. */
export function plainOf(name: string, bytes: Buffer): Plain {
  return complete(name, messageType(name).decode(bytes));
}

/** `plain` in the form that {@link plainOf} gives. */
export function completed(name: string, plain: Plain): Plain {
  return complete(name, messageType(name).fromObject(plain));
}

function complete(name: string, message: protobuf.Message): Plain {
  return messageType(name).toObject(message, {
    longs: String,
    enums: String,
    bytes: String,
    defaults: true,
    oneofs: true,
  });
}
