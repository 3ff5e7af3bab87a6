import { expect, it } from 'vitest';
import type { LockClient } from '../../../lib/core/index.js';
import { isForgotten } from '../../support/garbage.js';
import { useWorld } from '../support/world.js';

const world = useWorld();

/** Each hands out something of a call that is over, and keeps nothing of it. */
const calls: Record<string, (locks: LockClient) => Promise<object>> = {
  'the handle of a lock that was released': async (locks) => {
    const lock = await locks.acquire('k');
    await lock.release();
    return lock;
  },
  'what work under a lock has come to': async (locks) => {
    const result = {};
    await locks.withLock('k', async () => result);
    return result;
  },
  'the signal of a wait that was served': async (locks) => {
    const { signal } = new AbortController();
    await (await locks.acquire('k', { signal })).release();
    return signal;
  },
  'the signal of a wait that timed out': async (locks) => {
    const { signal } = new AbortController();
    await locks
      .acquire('busy', { signal, waitTimeout: 500 })
      .catch(() => undefined);
    return signal;
  },
  'the signal of a wait that was aborted': async (locks) => {
    const controller = new AbortController();
    const { signal } = controller;
    const call = locks.acquire('busy', { signal }).catch(() => undefined);
    controller.abort('gone');
    await call;
    return signal;
  },
  'a listener of events that has unsubscribed': async (locks) => {
    const listener = () => undefined;
    locks.subscribe(listener)();
    return listener;
  },
};

it.each(Object.entries(calls))('%s is forgotten', async (_, call) => {
  await world().queueUp(1, 'busy');
  const { locks } = world().instance();
  const gone = await (async () =>
    new WeakRef(await world().outcome(call(locks), 2_000)))();
  await world().advance(60_000);

  expect(await isForgotten(gone)).toBe(true);
});
