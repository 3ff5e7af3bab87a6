import { expect, it, onTestFinished } from 'vitest';
import {
  type JsonOf,
  LockClient,
  LockConfigurationError,
  type LockEvent,
  LockLostError,
  type LockState,
  StaleTokenError,
} from '../../../lib/core/index.js';
import { jsonFields, readyForJson } from '../../../lib/core/api/json.js';
import { MemoryStore } from '../../../lib/memory/index.js';

function open() {
  const store = new MemoryStore();
  const locks = new LockClient({ store, label: 'shop' });
  onTestFinished(async () => {
    await locks.close();
    await store.close();
  });
  return { store, locks };
}

const throughJson = <T>(value: T) =>
  JSON.parse(JSON.stringify(value)) as JsonOf<T>;

it('a lock tells how it stands, with its token as a string', async () => {
  const { locks } = open();
  const lock = await locks.acquire(['a', 'b']);

  expect(throughJson(lock)).toEqual({
    key: 'a, b',
    keys: ['a', 'b'],
    fencingToken: `${lock.fencingToken}`,
    held: true,
    remaining: expect.toSatisfy((ms: number) => ms > 0 && Number.isInteger(ms)),
  });

  await lock.release();
  expect(throughJson(lock)).toMatchObject({ held: false, remaining: 0 });
});

it('what is seen of a lock keeps every field, with revisions as strings', async () => {
  const { locks } = open();
  await using lock = await locks.acquire('a', { metadata: { by: 'me' } });
  const state = await locks.inspect('a');
  const told: JsonOf<LockState> = throughJson(state);

  expect(told).toEqual({
    ...state,
    holders: [{ ...state.holders[0], createRevision: `${lock.fencingToken}` }],
  });
  expect(throughJson(await locks.list())).toEqual([told]);
  expect(state.toJSON()).toEqual(told);
  expect(state.holders[0]!.toJSON()).toEqual(told.holders[0]);
  expect(Object.keys(state)).not.toContain('toJSON');
});

it('events tell tokens as strings and errors as what they say', async () => {
  const { store, locks } = open();
  const events: LockEvent[] = [];
  locks.subscribe((event) => events.push(event));
  const lock = await locks.acquire('a');
  await lock.release();
  await store.close();
  await expect(locks.acquire('b', { waitTimeout: 0 })).rejects.toThrow(
    'closed',
  );

  const told = throughJson(events);
  expect(events.map((event) => event.toJSON())).toEqual(told);
  expect(told.find(({ type }) => type === 'acquired')).toMatchObject({
    key: 'a',
    fencingToken: `${lock.fencingToken}`,
  });
  expect(told.find(({ type }) => type === 'failed')).toMatchObject({
    key: 'b',
    error: { code: 'LOCK_STORE', message: expect.stringContaining('closed') },
  });
  expect(events.every((event) => Object.isFrozen(event))).toBe(true);
});

it.each([
  [
    new StaleTokenError('account', 2n ** 60n),
    { code: 'LOCK_STALE_TOKEN', token: '1152921504606846976' },
  ],
  [
    new LockLostError('a', 'taken', 'it was taken', { cause: new Error('x') }),
    { code: 'LOCK_LOST', key: 'a', reason: 'taken' },
  ],
  [new LockConfigurationError('No.'), { code: 'LOCK_CONFIGURATION' }],
])(
  'an error tells its name, its message and its fields: %s',
  (error, fields) => {
    const { name, message } = error;
    const told = throughJson(error);

    expect(told).toMatchObject({ name, message, ...fields });
    expect(told).not.toHaveProperty('cause');
    expect(told).not.toHaveProperty('stack');
  },
);

it('errors of others are told by name and message', () => {
  const told = jsonFields({ error: new TypeError('no'), at: 1n, other: null });

  expect(told).toEqual({
    error: { name: 'TypeError', message: 'no' },
    at: '1',
    other: null,
  });
});

it('data for JSON equals the data alone, and its copies', () => {
  const ready = readyForJson({ revision: 7n }, { at: 1 });

  expect(ready).toStrictEqual({ revision: 7n, at: 1 });
  expect({ ...ready }).toStrictEqual({ revision: 7n, at: 1 });
  expect(structuredClone(ready)).toStrictEqual({ revision: 7n, at: 1 });
  expect(JSON.stringify(ready)).toBe('{"revision":"7","at":1}');
});
