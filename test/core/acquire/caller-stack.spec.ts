import { expect, it } from 'vitest';
import type { AcquireOptions } from '../../../lib/core/index.js';
import { useWorld } from '../support/world.js';

const world = useWorld();

it.each<[string, AcquireOptions]>([
  ['LOCK_TIMEOUT', { waitTimeout: '1s' }],
  ['LOCK_BUSY', { waitTimeout: 0 }],
  ['LOCK_STORE', { waitTimeout: '1s' }],
  ['LOCK_CLOSED', {}],
])('an error %s shows who asked for the lock', async (code, options) => {
  await world().queueUp(1);
  const { locks, network } = world().instance();
  await (await locks.acquire('other')).release();
  if (code === 'LOCK_STORE') network.cut();
  async function nightlyReport() {
    await locks.acquire('k', options);
  }
  async function ledger() {
    await locks.withLock('k', options, () => {});
  }
  const failing = [nightlyReport(), ledger()].map((each) =>
    each.catch((error: unknown) => error as Error),
  );
  await world().settle();
  if (code === 'LOCK_CLOSED') locks.drain();
  await world().advance(3_000);
  const [first, second] = await Promise.all(failing);
  expect(first).toMatchObject({ code });
  expect((first as Error).stack).toMatch(
    /^Lock\w+Error: .*\n(.*\n)*.*nightlyReport.*caller-stack\.spec\.ts/,
  );
  expect((second as Error).stack).toMatch(/ledger.*caller-stack\.spec\.ts/);
});

it('the reason of a signal is left as it is', async () => {
  await world().queueUp(1);
  const { locks } = world().instance();
  const reason = new Error('enough');
  const { stack } = reason;
  const giver = new AbortController();
  const call = locks.acquire('k', { signal: giver.signal });
  await world().advance(10);
  giver.abort(reason);
  expect(await world().failure(call, 1_000)).toBe(reason);
  expect(reason.stack).toBe(stack);
});
