import { expect, it } from 'vitest';
import { LOCK_EVENT_TYPES, type LockEvent } from '../../../lib/core/index.js';
import { follow } from '../support/follow.js';
import { useWorld } from '../support/world.js';

const world = useWorld();

it('two names of one key are one key', async () => {
  const { locks } = world().instance();

  const lock = await world().outcome(locks.acquire(['a', 'b', 'a']), 100);

  expect(lock.keys).toEqual(['a', 'b']);
  expect(lock.key).toBe('a, b');
  expect(await world().tickets('a')).toHaveLength(1);
});

it('tryAcquire waits as long as it is told, and then resolves to null', async () => {
  const { locks } = world().instance();
  const other = world().instance().locks;
  await world().outcome(other.acquire('k'), 100);

  const call = follow(locks.tryAcquire('k', { waitTimeout: '3s' }));
  await world().advance(2_900);
  expect(call.state).toBe('pending');
  await world().advance(200);

  expect(call.value).toBeNull();
  expect(await world().tickets('k')).toHaveLength(1);
});

it('tryAcquire is given a lock that becomes free while it waits', async () => {
  const { locks } = world().instance();
  const other = world().instance().locks;
  const held = await world().outcome(other.acquire('k'), 100);

  const call = follow(locks.tryAcquire('k', { waitTimeout: '3s' }));
  await world().advance(1_000);
  void held.release();
  await world().advance(200);

  expect(call.value?.held).toBe(true);
});

it('tryAcquire rejects with the reason of its signal while it waits', async () => {
  const { locks } = world().instance();
  const other = world().instance().locks;
  await world().outcome(other.acquire('k'), 100);
  const stop = new AbortController();

  const call = follow(
    locks.tryAcquire('k', { waitTimeout: '3s', signal: stop.signal }),
  );
  await world().advance(100);
  stop.abort(new Error('enough'));
  await world().advance(100);

  expect(call.error).toMatchObject({ message: 'enough' });
});

it('isLocked tells whether somebody holds the key, whoever it is', async () => {
  const { locks } = world().instance();
  const other = world().instance().locks;

  expect(await world().outcome(locks.isLocked('k'), 100)).toBe(false);
  const held = await world().outcome(other.acquire('k'), 100);
  expect(await world().outcome(locks.isLocked('k'), 100)).toBe(true);
  await world().outcome(held.release(), 100);
  expect(await world().outcome(locks.isLocked('k'), 100)).toBe(false);
});

it('the list of event types is complete', () => {
  const missing: Exclude<
    LockEvent['type'],
    (typeof LOCK_EVENT_TYPES)[number]
  >[] = [];
  expect(missing).toEqual([]);
  expect(new Set(LOCK_EVENT_TYPES).size).toBe(LOCK_EVENT_TYPES.length);
});
