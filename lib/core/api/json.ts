/**
 * What `JSON.parse(JSON.stringify(value))` gives of something this library hands out: fencing
 * tokens and revisions as strings of digits, since JSON's own numbers end at 2^53.
 *
 * @example
 * const state: JsonOf<LockState> = JSON.parse(JSON.stringify(await locks.inspect('order:42')));
 * BigInt(state.holders[0].createRevision);
 */
export type JsonOf<T> = T extends bigint
  ? string
  : T extends readonly (infer Item)[]
    ? readonly JsonOf<Item>[]
    : T extends object
      ? {
          readonly [Name in keyof T as Exclude<Name, 'toJSON'>]: JsonOf<
            T[Name]
          >;
        }
      : T;

/** Fields with what JSON does not know put in its terms. */
export function jsonFields(fields: object): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(fields).map(([name, value]) => [name, inJson(value)]),
  );
}

function inJson(value: unknown): unknown {
  if (typeof value === 'bigint') return value.toString();
  if (Array.isArray(value)) return value.map(inJson);
  if (typeof value !== 'object' || value === null) return value;
  if ('toJSON' in value && typeof value.toJSON === 'function') {
    return value.toJSON() as unknown;
  }
  // An error has nothing enumerable, and would be {}.
  if (value instanceof Error) {
    return { name: value.name, message: value.message };
  }
  return value;
}

/** Not an own property, so that copies and comparisons see the data alone. */
const READY_FOR_JSON: object = Object.create(Object.prototype, {
  toJSON: {
    value(this: object) {
      return jsonFields(this);
    },
  },
}) as object;

/** Plain data, put together, that `JSON.stringify` takes, bigints included. */
export function readyForJson<A extends object, B extends object = object>(
  fields: A,
  more?: B,
): A & B & { toJSON(): JsonOf<A & B> } {
  const plain = { __proto__: READY_FOR_JSON, ...fields, ...more };
  return plain as unknown as A & B & { toJSON(): JsonOf<A & B> };
}
