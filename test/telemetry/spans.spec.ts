import { context, SpanStatusCode, trace } from '@opentelemetry/api';
import {
  AlwaysOffSampler,
  SamplingDecision,
} from '@opentelemetry/sdk-trace-base';
import { afterEach, describe, expect, it } from 'vitest';
import {
  instrumentLocks,
  type TelemetryOptions,
} from '../../lib/telemetry/index.js';
import { follow } from '../core/support/follow.js';
import { useWorld } from '../core/support/world.js';
import { Telemetry, useTelemetry } from './support/telemetry.js';

const telemetry = useTelemetry();
const world = useWorld();

/** A process with telemetry, as all others of these tests. */
async function instance(options?: TelemetryOptions) {
  const made = world().instance();
  await instrumentLocks(made.locks, options);
  return made;
}

async function traceInEtcd(key: string): Promise<string | undefined> {
  const { locks } = world().instance();
  return (await locks.inspect(key)).holders[0]?.trace;
}

describe('the span of a call for a lock', () => {
  it('is a child of what its caller does, and says what came of it', async () => {
    const { locks } = await instance();
    const tracer = trace.getTracer('application');
    const parent = tracer.startSpan('pay');
    const lock = await context.with(
      trace.setSpan(context.active(), parent),
      () => locks.acquire('order:1'),
    );
    const [span] = telemetry().acquires;
    expect(span).toMatchObject({
      name: 'lock.acquire',
      parentSpanContext: { spanId: parent.spanContext().spanId },
      attributes: {
        'lock.template': 'order:*',
        'lock.key': 'order:1',
        'lock.outcome': 'acquired',
        'lock.wait_ms': 0,
        'lock.fencing_token': String(lock.fencingToken),
      },
      status: { code: SpanStatusCode.UNSET },
      links: [],
    });
    await lock.release();
    expect(telemetry().acquires).toHaveLength(1);
  });

  it('keeps the key to itself with spanKeys: false', async () => {
    const { locks } = await instance({ spanKeys: false });
    await locks.withLock('order:1', () => {});
    const [span] = telemetry().acquires;
    expect(span!.attributes).not.toHaveProperty('lock.key');
    expect(JSON.stringify(span!.attributes)).not.toContain('order:1');
  });

  it('is an error where the wait was in vain, and none where the lock was busy', async () => {
    await world().queueUp(1, 'k');
    const { locks, network } = await instance();
    await locks.tryAcquire('k');
    await world().failure(locks.acquire('k', { waitTimeout: '1s' }), 1_000);
    network.refuse({ times: Infinity });
    await world().failure(locks.tryAcquire('other'), 20_000);
    expect(
      telemetry().acquires.map(({ attributes, status }) => [
        attributes['lock.outcome'],
        attributes['error.type'],
        status.code,
      ]),
    ).toEqual([
      ['busy', undefined, SpanStatusCode.UNSET],
      ['timeout', 'LOCK_TIMEOUT', SpanStatusCode.ERROR],
      ['failed', 'LOCK_STORE', SpanStatusCode.ERROR],
    ]);
  });

  it('ends when the instrumentation does', async () => {
    await world().queueUp(1, 'k');
    const { locks } = world().instance();
    const stop = await instrumentLocks(locks);
    follow(locks.acquire('k', { waitTimeout: '1s' }));
    await world().settle();
    expect(telemetry().acquires).toHaveLength(0);
    stop();
    await world().advance(1_000);
    expect(telemetry().acquires).toHaveLength(1);
    await locks.withLock('another', () => {});
    expect(telemetry().acquires).toHaveLength(1);
  });
});

describe('a ticket', () => {
  it('names the span of the call that wrote it', async () => {
    const { locks } = await instance();
    await locks.acquire('k');
    const { traceId, spanId } = telemetry().acquires[0]!.spanContext();
    expect(await traceInEtcd('k')).toBe(`00-${traceId}-${spanId}-01`);
  });

  it('names none after the instrumentation has ended', async () => {
    const { locks } = world().instance();
    const stop = await instrumentLocks(locks);
    stop();
    await locks.acquire('k');
    expect(await traceInEtcd('k')).toBeUndefined();
  });
});

describe('a wait', () => {
  it('is linked to the holder of another process', async () => {
    const holder = await instance();
    const waiter = await instance();
    const lock = await holder.locks.acquire('k');
    const claim = follow(waiter.locks.acquire('k'));
    await world().advance(1_000);
    await lock.release();
    await world().settle();
    await claim.value!.release();

    const [first, second] = telemetry().acquires;
    const { traceId, spanId } = first!.spanContext();
    expect(second!.links).toMatchObject([
      { context: { traceId, spanId, isRemote: true } },
    ]);
    expect(first!.links).toEqual([]);
  });

  it('is linked to the holder of the same process', async () => {
    const { locks } = await instance();
    const lock = await locks.acquire('k');
    const claims = [follow(locks.acquire('k')), follow(locks.acquire('k'))];
    await world().settle();
    await lock.release();
    await world().settle();
    await claims[0]!.value!.release();
    await world().settle();
    await claims[1]!.value!.release();

    const [first, second, third] = telemetry().acquires;
    const { spanId } = first!.spanContext();
    expect(second!.links).toMatchObject([{ context: { spanId } }]);
    expect(third!.links).toMatchObject([{ context: { spanId } }]);
  });

  it('that ended in vain is linked to the holder of the same process too', async () => {
    const { locks } = await instance();
    await locks.acquire('k');
    await world().failure(locks.acquire('k', { waitTimeout: '1s' }), 1_000);
    const [first, second] = telemetry().acquires;
    expect(second!.links).toMatchObject([
      { context: { spanId: first!.spanContext().spanId } },
    ]);
  });

  it('for a lock that was released before is linked to nobody', async () => {
    const { locks } = await instance();
    await locks.withLock('k', () => {});
    await locks.withLock('k', () => {});
    expect(telemetry().acquires.map(({ links }) => links)).toEqual([[], []]);
  });

  it('is not linked to readers it did not wait for', async () => {
    const { locks } = await instance();
    await locks.acquire('k', { mode: 'shared' });
    await locks.acquire('k', { mode: 'shared' });
    expect(telemetry().acquires.map(({ links }) => links)).toEqual([[], []]);
  });

  it.each(['', 'nonsense', `00-${'0'.repeat(32)}-${'0'.repeat(16)}-01`])(
    'behind a ticket that says "%s" of its trace is linked to nobody',
    async (text) => {
      const stranger = world().instance();
      stranger.locks.traceWith(() => text);
      const lock = await stranger.locks.acquire('k');
      const { locks } = await instance();
      const claim = follow(locks.acquire('k'));
      await world().settle();
      await lock.release();
      await world().settle();
      expect(claim.state).toBe('resolved');
      expect(telemetry().acquires[0]!.links).toEqual([]);
    },
  );

  it('is not disturbed by an etcd that does not tell who holds the lock', async () => {
    const [other] = await world().queueUp(1, 'k');
    const { locks, network } = await instance();
    const outage = network.refuse({ on: 'read', times: Infinity });
    const claim = follow(locks.acquire('k'));
    await world().settle();
    outage.lift();
    await other!.lock.release();
    await world().settle();
    expect(claim.state).toBe('resolved');
    expect(telemetry().acquires[0]!.links).toEqual([]);
  });
});

describe('without anybody who keeps spans', () => {
  afterEach(() => Telemetry.remove());

  it('a ticket names none, and nobody asks etcd for holders', async () => {
    Telemetry.remove();
    const [other] = await world().queueUp(1, 'k');
    const { locks, traffic } = await instance();
    const claim = follow(locks.acquire('k'));
    await world().settle();
    expect(traffic.count('read')).toBe(0);
    await other!.lock.release();
    await world().settle();
    expect(claim.state).toBe('resolved');
    expect(await traceInEtcd('k')).toBeUndefined();
  });

  it.each([
    ['not recorded', new AlwaysOffSampler()],
    [
      'recorded but not sampled',
      { shouldSample: () => ({ decision: SamplingDecision.RECORD }) },
    ],
  ])('a span that is %s is not named in the ticket', async (_, sampler) => {
    Telemetry.remove();
    new Telemetry({ sampler });
    const { locks } = await instance();
    await locks.acquire('k');
    expect(await traceInEtcd('k')).toBeUndefined();
  });
});
