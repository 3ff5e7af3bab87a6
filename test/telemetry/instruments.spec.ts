import type { Meter, MetricOptions } from '@opentelemetry/api';
import { expect, it } from 'vitest';
import { lockInstruments } from '../../lib/telemetry/instruments.js';

it('the boundaries of every histogram ascend, as OpenTelemetry asks, and are no more than sixteen', () => {
  const boundaries = new Map<string, readonly number[]>();
  const meter = {
    createHistogram(name: string, { advice }: MetricOptions) {
      boundaries.set(name, advice!.explicitBucketBoundaries!);
    },
    createCounter() {},
    createUpDownCounter() {},
    createObservableGauge() {},
  };
  lockInstruments(meter as unknown as Meter);

  expect(boundaries.size).toBeGreaterThan(2);
  for (const [name, all] of boundaries) {
    expect(all, name).toEqual([...new Set(all)].sort((one, two) => one - two));
    expect(all.length, name).toBeLessThanOrEqual(16);
  }
});
