import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { afterEach, expect, it } from 'vitest';
import type { LockEvent } from '../../lib/core/index.js';
import { publishLockEvents } from '../../lib/telemetry/index.js';
import { useWorld } from '../core/support/world.js';

const CHANNEL = 'nestjs-etcd-lock';

const world = useWorld();
const published: unknown[] = [];
const listener = (event: unknown) => void published.push(event);

afterEach(() => {
  unsubscribe(CHANNEL, listener);
  published.length = 0;
});

it('publishes the events of the client, as they are, until it is ended', async () => {
  const { locks, events } = world().instance();
  subscribe(CHANNEL, listener);
  const stop = publishLockEvents(locks);
  await locks.withLock('k', () => {});
  expect(published.map((event) => (event as LockEvent).type)).toEqual([
    'requested',
    'session-opened',
    'acquired',
    'released',
  ]);
  expect(published).toEqual(events);

  stop();
  await locks.withLock('k', () => {});
  expect(published).toHaveLength(4);
});

it('publishes within the call', async () => {
  const { locks } = world().instance();
  subscribe(CHANNEL, listener);
  publishLockEvents(locks);
  const claim = locks.acquire('k');
  expect(published).toMatchObject([{ type: 'requested', key: 'k' }]);
  await claim;
});

it('publishes nothing of clients that nobody asked it to', async () => {
  const { locks } = world().instance();
  subscribe(CHANNEL, listener);
  await locks.withLock('k', () => {});
  expect(published).toEqual([]);
});
