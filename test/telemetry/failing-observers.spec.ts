import { metrics, trace } from '@opentelemetry/api';
import { afterEach, expect, it } from 'vitest';
import { instrumentLocks } from '../../lib/telemetry/index.js';
import { useWorld } from '../core/support/world.js';
import { Telemetry } from './support/telemetry.js';

const world = useWorld();
afterEach(() => Telemetry.remove());

function fail(): never {
  throw new Error('from the SDK');
}

it('takes and releases locks although metrics and spans fail', async () => {
  const { locks } = world().instance();
  let asked = 0;
  await instrumentLocks(locks);
  trace.setGlobalTracerProvider({
    getTracer() {
      asked += 1;
      return fail();
    },
  });
  await expect(locks.withLock('k', () => 'done')).resolves.toBe('done');
  expect(asked).toBe(1);
});

it('takes and releases locks although instruments fail', async () => {
  const { locks } = world().instance();
  let failing = false;
  let asked = 0;
  const instrument = () => ({
    add() {
      asked += 1;
      if (failing) fail();
    },
    record: fail,
  });
  metrics.setGlobalMeterProvider({
    getMeter: () =>
      ({
        createHistogram: instrument,
        createCounter: instrument,
        createUpDownCounter: instrument,
      }) as never,
  });
  await instrumentLocks(locks);
  failing = true;
  asked = 0;
  await expect(locks.withLock('k', () => 'done')).resolves.toBe('done');
  expect(asked).toBeGreaterThan(0);
});
