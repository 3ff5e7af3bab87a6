import { setImmediate } from 'node:timers/promises';
import { metrics, trace } from '@opentelemetry/api';
import { afterEach, expect, it, onTestFinished, vi } from 'vitest';
import { instrumentLocks } from '../../lib/telemetry/index.js';
import { follow } from '../core/support/follow.js';
import { useWorld } from '../core/support/world.js';
import { Telemetry } from './support/telemetry.js';

const world = useWorld();
afterEach(() => {
  Telemetry.remove();
  vi.restoreAllMocks();
});

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

it.each([
  ['fail', fail],
  ['are unknown, as to an SDK older than the API', undefined],
])(
  'ends the span of a wait, and is quiet, although links %s',
  async (_, addLink) => {
    const telemetry = new Telemetry();
    const anySpan = trace.getTracer('any').startSpan('any');
    vi.spyOn(Object.getPrototypeOf(anySpan), 'addLink', 'get').mockReturnValue(
      addLink,
    );
    const rejections: unknown[] = [];
    const onRejection = (reason: unknown) => rejections.push(reason);
    process.on('unhandledRejection', onRejection);
    onTestFinished(() => void process.off('unhandledRejection', onRejection));
    const holder = world().instance().locks;
    const waiter = world().instance().locks;
    await instrumentLocks(holder);
    await instrumentLocks(waiter);

    const lock = await holder.acquire('k');
    const claim = follow(waiter.acquire('k'));
    await world().advance(1_000);
    await lock.release();
    await world().settle();
    await setImmediate();

    expect(claim.value?.held).toBe(true);
    expect(telemetry.acquires).toHaveLength(2);
    expect(rejections).toEqual([]);
  },
);
