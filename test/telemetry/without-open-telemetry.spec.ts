import { afterEach, expect, it, vi } from 'vitest';
import { useWorld } from '../core/support/world.js';

const world = useWorld();

afterEach(() => {
  vi.doUnmock('@opentelemetry/api');
  vi.resetModules();
});

it('says what to install where the package is missing, and publishes events all the same', async () => {
  vi.resetModules();
  vi.doMock('@opentelemetry/api', () => {
    throw new Error('not installed');
  });
  const { instrumentLocks, publishLockEvents } =
    await import('../../lib/telemetry/index.js');
  const { locks } = world().instance();
  await expect(instrumentLocks(locks)).rejects.toMatchObject({
    code: 'LOCK_CONFIGURATION',
    message: expect.stringContaining('need the package @opentelemetry/api'),
  });
  publishLockEvents(locks)();
  await expect(locks.withLock('k', () => 'done')).resolves.toBe('done');
});
