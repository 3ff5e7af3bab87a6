import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { LockClient, type LockEvent } from '../../../lib/core/index.js';
import { MemoryStore } from '../../../lib/memory/index.js';
import { ManualClock } from '../../../lib/testing/manual-clock.js';
import { collect } from '../../support/garbage.js';

let clock: ManualClock;
let locks: LockClient;
let events: LockEvent[];
const warn = vi.spyOn(process, 'emitWarning').mockImplementation(() => {});

beforeEach(() => {
  warn.mockClear();
  events = [];
  clock = new ManualClock();
  locks = new LockClient({ store: new MemoryStore({ clock }), clock });
  locks.subscribe((event) => events.push(event));
});
afterEach(async () => {
  const closed = locks.close();
  await clock.advance(100);
  await closed;
});

/** Collects what can be collected, and lets those be told who asked for it. */
async function collected(): Promise<void> {
  await clock.advance(6_000);
  for (let round = 0; round < 5; round += 1) {
    await new Promise(setImmediate);
    collect();
  }
}

const abandoned = () => events.filter(({ type }) => type === 'abandoned');

it('a handle that is dropped unreleased is told of once, by its key, and the lock stands', async () => {
  await locks.acquire('k', { template: 'any k' });
  await collected();
  await collected();
  expect(abandoned()).toMatchObject([{ key: 'k', template: 'any k' }]);
  expect(warn.mock.calls).toEqual([
    [
      expect.stringContaining('Lock "k" is held, but its handle was dropped'),
      { type: 'LockWarning', code: 'LOCK_ABANDONED' },
    ],
  ]);
  expect((await locks.inspect('k')).holders).toHaveLength(1);
});

it('a second handle that is dropped within the lock is told of, too', async () => {
  await locks.withLock('k', async () => {
    await locks.tryAcquire('k');
  });
  await collected();
  expect(abandoned()).toHaveLength(1);
});

it('nothing is told of what was released, lost, or is still held by somebody', async () => {
  const kept = await locks.acquire('kept');
  await (await locks.acquire('released')).release();
  await locks.withLock('work', async () => {
    await collected();
  });
  await locks.acquire('lost', { maxHold: 1 });
  await collected();
  expect(abandoned()).toEqual([]);
  expect(kept.held).toBe(true);
  await kept.release();
});
