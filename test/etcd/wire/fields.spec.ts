import protobuf from 'protobufjs';
import { describe, expect, it } from 'vitest';
import * as fields from '../../../lib/etcd/wire/fields.js';
import * as methods from '../../../lib/etcd/wire/methods.js';
import { definition } from './support/definition.js';

/** `KEY_VALUE` is called `KeyValue` there. */
function nameInDefinition(constant: string): string {
  return constant
    .split('_')
    .map((word) => word[0] + word.slice(1).toLowerCase())
    .join('');
}

describe("the definition of etcd's messages", () => {
  it.each(Object.entries(fields))(
    'has the numbers that we use for the fields of %s',
    (constant, numbers) => {
      const { fields: defined } = definition.lookupType(
        nameInDefinition(constant),
      );
      const expected = Object.keys(numbers).map((name) => [
        name,
        defined[name]?.id,
      ]);
      expect(numbers).toEqual(Object.fromEntries(expected));
    },
  );

  it('has the header of every reply in field 1', () => {
    const replies = Object.keys(fields).filter(
      (constant) =>
        constant.endsWith('_RESPONSE') && constant !== 'RESPONSE_HEADER',
    );
    expect(replies.length).toBeGreaterThan(8);
    for (const constant of replies) {
      const type = definition.lookupType(nameInDefinition(constant));
      expect(type.fieldsById[1]).toMatchObject({ type: 'ResponseHeader' });
    }
  });

  it.each(Object.entries(methods))(
    'has the call %s at its path',
    (_, method) => {
      const [, service, name] = /^\/(etcdserverpb\.\w+)\/(\w+)$/.exec(
        method.path,
      )!;
      const found = definition.lookupService(service!).methods[name!];
      expect(found).toBeInstanceOf(protobuf.Method);
    },
  );
});

it('tells the calls that change something from those that do not', () => {
  const writes = Object.entries(methods)
    .filter(([, { effect }]) => effect === 'write')
    .map(([name]) => name);
  expect(writes.sort()).toEqual([
    'LEASE_GRANT',
    'LEASE_KEEP_ALIVE',
    'LEASE_REVOKE',
    'TXN',
  ]);
});
