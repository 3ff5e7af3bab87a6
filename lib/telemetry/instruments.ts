import type { Meter } from '@opentelemetry/api';

const PREFIX = 'nestjs_etcd_lock';

const WAIT_BUCKETS = [
  0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30,
  60,
];
const HOLD_BUCKETS = [
  0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10, 30, 60, 300, 900, 3600,
];
const HAND_OVER_BUCKETS = [
  0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1,
];
/**
 * In good times a lease is renewed with about 0.6 of it left. Each attempt that fails costs 0.1.
 */
const MARGIN_BUCKETS = [
  0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5, 0.55, 0.6,
];

export type Instruments = ReturnType<typeof lockInstruments>;

/** docs/metrics.md lists them: their names are part of the public interface. */
export function lockInstruments(meter: Meter) {
  const histogram = (
    name: string,
    unit: string,
    explicitBucketBoundaries: number[],
    description: string,
  ) =>
    meter.createHistogram(`${PREFIX}.${name}`, {
      unit,
      description,
      advice: { explicitBucketBoundaries },
    });
  const counter = (name: string, unit: string, description: string) =>
    meter.createCounter(`${PREFIX}.${name}`, { unit, description });
  const level = (name: string, unit: string, description: string) =>
    meter.createUpDownCounter(`${PREFIX}.${name}`, { unit, description });

  return {
    wait: histogram(
      'wait.duration',
      's',
      WAIT_BUCKETS,
      'From asking for a lock until having it, or giving up.',
    ),
    hold: histogram(
      'hold.duration',
      's',
      HOLD_BUCKETS,
      'From having a lock until giving it back, or losing it.',
    ),
    handOver: histogram(
      'handover.duration',
      's',
      HAND_OVER_BUCKETS,
      'From hearing that the holder before has left until having the lock.',
    ),
    margin: histogram(
      'renewal.margin',
      '1',
      MARGIN_BUCKETS,
      'How much of the lease was left when it was renewed, as a share of its TTL.',
    ),
    calls: counter('calls', '{call}', 'Calls that asked for a lock.'),
    lost: counter('lost', '{lock}', 'Locks that were lost while held.'),
    skipped: counter(
      'skipped',
      '{run}',
      'Runs of decorated methods that were left out.',
    ),
    sessionsEndangered: counter(
      'session.endangered',
      '{session}',
      'Leases that came within a third of their TTL of being lost.',
    ),
    sessionsLost: counter('session.lost', '{session}', 'Leases lost.'),
    backgroundFailures: counter(
      'background_failures',
      '{failure}',
      'Failures of work that nobody waits for.',
    ),
    held: level('held', '{lock}', 'Locks held now.'),
    kept: level(
      'kept',
      '{lock}',
      'Locks that this process keeps now and nobody uses.',
    ),
    waiting: level('waiting', '{call}', 'Calls that wait for a lock now.'),
  };
}
