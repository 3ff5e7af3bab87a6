import { describe, expect, it } from 'vitest';
import {
  instrumentLocks,
  type TelemetryOptions,
} from '../../lib/telemetry/index.js';
import { follow } from '../core/support/follow.js';
import { useWorld } from '../core/support/world.js';
import { useTelemetry } from './support/telemetry.js';

const telemetry = useTelemetry();
const world = useWorld();

const ofOrders = { 'lock.template': 'order:*' };

async function instrumented(options?: TelemetryOptions) {
  const instance = world().instance();
  const stop = await instrumentLocks(instance.locks, options);
  return { ...instance, stop };
}

async function templates(): Promise<unknown[]> {
  const points = await telemetry().points('held');
  return points.map(({ attributes }) => attributes['lock.template']);
}

describe('the metrics of locks', () => {
  it('tell how long calls waited, what the hand-over took and how long locks were held', async () => {
    const [other] = await world().queueUp(1, 'order:1');
    const { locks } = await instrumented();
    const claim = follow(locks.acquire('order:1'));
    await world().advance(2_000);
    await other!.lock.release();
    await world().advance(3_000);
    await claim.value!.release();

    expect(
      await telemetry().histogram('wait.duration', {
        ...ofOrders,
        'lock.outcome': 'acquired',
      }),
    ).toMatchObject({ count: 1, sum: 2 });
    expect(
      await telemetry().histogram('hold.duration', ofOrders),
    ).toMatchObject({ count: 1, sum: 3 });
    expect(
      await telemetry().histogram('handover.duration', ofOrders),
    ).toMatchObject({ count: 1, max: expect.closeTo(0, 1) });
  });

  it('count no hand-over for a lock that nobody held', async () => {
    const { locks } = await instrumented();
    await locks.withLock('order:1', () => {});
    expect(await telemetry().points('handover.duration')).toEqual([]);
  });

  it('count how calls ended', async () => {
    await world().queueUp(1, 'order:1');
    const { locks, network } = await instrumented();
    await locks.withLock('order:2', () => {});
    await locks.tryAcquire('order:1');
    const late = follow(locks.acquire('order:1', { waitTimeout: '1s' }));
    await world().advance(1_000);
    expect(late.state).toBe('rejected');
    const aborted = new AbortController();
    const leaving = follow(
      locks.acquire('order:1', { signal: aborted.signal }),
    );
    await world().settle();
    aborted.abort(new Error('changed my mind'));
    await world().settle();
    expect(leaving.state).toBe('rejected');
    network.refuse({ times: Infinity });
    await world().failure(locks.tryAcquire('order:3'), 20_000);
    network.heal();

    const calls = (outcome: string, error?: string) =>
      telemetry().count('calls', {
        ...ofOrders,
        'lock.outcome': outcome,
        ...(error && { 'error.type': error }),
      });
    expect(await calls('acquired')).toBe(1);
    expect(await calls('busy')).toBe(1);
    expect(await calls('timeout')).toBe(1);
    expect(await calls('failed', '_OTHER')).toBe(1);
    expect(await calls('failed', 'LOCK_STORE')).toBe(1);
    expect(await calls('failed', 'LOCK_CLOSED')).toBe(0);
    expect(
      await telemetry().histogram('wait.duration', {
        ...ofOrders,
        'lock.outcome': 'timeout',
      }),
    ).toMatchObject({ count: 1, sum: 1 });
  });

  it('show what is held and who waits now', async () => {
    const { locks } = await instrumented();
    const lock = await locks.acquire('order:1');
    const claim = follow(locks.acquire('order:1'));
    await world().settle();
    expect(await telemetry().count('held', ofOrders)).toBe(1);
    expect(await telemetry().count('waiting', ofOrders)).toBe(1);

    await lock.release();
    await world().settle();
    expect(await telemetry().count('held', ofOrders)).toBe(1);
    expect(await telemetry().count('waiting', ofOrders)).toBe(0);

    await claim.value!.release();
    expect(await telemetry().count('held', ofOrders)).toBe(0);
  });

  it('count calls that sent nothing to etcd apart from those that did', async () => {
    const { locks } = await instrumented();
    const acquired = { ...ofOrders, 'lock.outcome': 'acquired' };
    const again = { ...acquired, 'lock.kept': true };
    const use = () => locks.withLock('order:1', { keep: '30s' }, () => {});
    await world().outcome(use());
    await world().settle();
    expect(await telemetry().count('calls', acquired)).toBe(1);
    expect(await telemetry().count('calls', again)).toBe(0);

    await use();
    await use();
    expect(await telemetry().count('calls', acquired)).toBe(1);
    expect(await telemetry().count('calls', again)).toBe(2);
    const waits = await telemetry().histogram('wait.duration', acquired);
    expect(waits).toMatchObject({ count: 3 });
  });

  it('show what is kept now, whoever takes it again and however that ends', async () => {
    const { locks } = await instrumented();
    const kept = (template: string) =>
      telemetry().count('kept', { 'lock.template': template });
    const keep = async (key: string, options = {}) => {
      await world().outcome(
        locks.withLock(key, { keep: '30s', ...options }, () => {}),
      );
      await world().settle();
    };
    await keep('order:1');
    await keep('order:2');
    expect(await kept('order:*')).toBe(2);

    const lock = await locks.acquire('order:1', {
      keep: '30s',
      template: 'jobs',
    });
    expect(await kept('order:*')).toBe(1);
    await lock.release();
    expect(await kept('order:*')).toBe(1);
    expect(await kept('jobs')).toBe(1);

    const other = world().instance();
    await world().outcome(other.locks.withLock('order:1', () => {}));
    expect(await kept('jobs')).toBe(0);

    await world().advance(31_000);
    expect(await kept('order:*')).toBe(0);
  });

  it('show a lock that is lost while somebody uses it no longer as kept', async () => {
    const { locks } = await instrumented();
    const use = { keep: '30s' } as const;
    await world().outcome(locks.withLock('order:1', use, () => {}));
    await world().settle();
    await locks.acquire('order:1', use);
    await world().outcome(locks.forceRelease('order:1'));
    await world().settle();
    expect(await telemetry().count('kept', ofOrders)).toBe(0);
  });

  it('count losses by their reason', async () => {
    const { locks } = await instrumented();
    await locks.acquire('order:1');
    await locks.acquire('order:2', { maxHold: '1s' });
    await locks.forceRelease('order:1');
    await world().advance(1_000);

    const lost = (reason: string) =>
      telemetry().count('lost', { ...ofOrders, 'lock.lost.reason': reason });
    expect(await lost('taken')).toBe(1);
    expect(await lost('max-hold')).toBe(1);
    expect(await lost('session')).toBe(0);
    expect(await telemetry().count('held', ofOrders)).toBe(0);
  });

  it('show a shrinking margin before the lease is lost', async () => {
    const { locks, network } = await instrumented();
    await locks.acquire('order:1', { ttl: '15s' });
    await world().advance(5_000);
    const good = await telemetry().histogram('renewal.margin');
    expect(good).toMatchObject({ count: 1, min: expect.closeTo(0.6, 1) });

    const outage = network.refuse({ on: 'keepAlive', times: Infinity });
    await world().advance(9_500);
    expect(await telemetry().count('session.endangered')).toBe(1);
    expect(await telemetry().count('session.lost')).toBe(0);
    outage.lift();
    await world().advance(1_500);
    expect(await telemetry().histogram('renewal.margin')).toMatchObject({
      count: 2,
      min: expect.closeTo(0.2, 1),
    });

    network.refuse({ on: 'keepAlive', times: Infinity });
    await world().advance(16_000);
    expect(await telemetry().count('session.lost')).toBe(1);
    expect(
      await telemetry().count('lost', {
        ...ofOrders,
        'lock.lost.reason': 'session',
      }),
    ).toBe(1);
  });

  it('count what goes wrong behind the scenes', async () => {
    const { locks, network } = await instrumented();
    expect(await telemetry().count('background_failures')).toBe(0);
    await locks.acquire('order:1');
    network.refuse({ on: 'revokeLease' });
    await world().outcome(locks.close());
    expect(await telemetry().count('background_failures')).toBe(1);
  });

  it('stand at zero for templates that are known from the start', async () => {
    await instrumented({ templates: ['order:*'] });
    const calls = await telemetry().points('calls');
    expect(calls.map(({ value }) => value)).toEqual([0, 0, 0, 0, 0, 0, 0]);
    const lost = await telemetry().points('lost');
    expect(lost.map(({ value }) => value)).toEqual([0, 0, 0, 0]);
    expect(await telemetry().count('skipped', ofOrders)).toBe(0);
    expect(await telemetry().count('held', ofOrders)).toBe(0);
    expect(await telemetry().count('waiting', ofOrders)).toBe(0);
  });

  it('take back what they say of now when they end, and hear no more', async () => {
    const { locks, stop } = await instrumented();
    await world().outcome(locks.withLock('order:2', { keep: '30s' }, () => {}));
    await world().settle();
    const lock = await locks.acquire('order:1');
    const claim = follow(locks.acquire('order:1'));
    await world().settle();
    expect(await telemetry().count('kept', ofOrders)).toBe(1);
    stop();
    stop();
    expect(await telemetry().count('kept', ofOrders)).toBe(0);
    expect(await telemetry().count('held', ofOrders)).toBe(0);
    expect(await telemetry().count('waiting', ofOrders)).toBe(0);
    await lock.release();
    await world().settle();
    await claim.value!.release();
    expect(await telemetry().count('held', ofOrders)).toBe(0);
    expect(
      await telemetry().histogram('hold.duration', ofOrders),
    ).toMatchObject({ count: 1 });
    await instrumentLocks(locks);
  });

  it('that begin while locks are held do not count their end as one of theirs', async () => {
    const { locks } = world().instance();
    const lock = await locks.acquire('order:1');
    const claim = follow(locks.acquire('order:1'));
    await instrumentLocks(locks);
    await lock.release();
    await world().settle();
    await claim.value!.release();
    expect(await telemetry().count('held', ofOrders)).toBe(0);
    expect(await telemetry().count('waiting', ofOrders)).toBe(0);
  });
});

describe('the template of a lock', () => {
  it('is what comes before the first colon or slash of its key', async () => {
    const { locks } = await instrumented();
    await locks.withLock('order:1:line:2', () => {});
    await locks.withLock('tenants/7', () => {});
    await locks.withLock('report', () => {});
    await locks.withLock(['order:3', 'order:4', 'stock:9'], () => {});
    expect(await templates()).toEqual([
      'order:*',
      'tenants/*',
      'report',
      'order:*, stock:*',
    ]);
  });

  it('is the one that came with the call, else what keyTemplate makes of the key', async () => {
    const { locks } = await instrumented({
      keyTemplate: (key) => key.replaceAll(/\d+/g, '#'),
    });
    await locks.withLock('job-17', { template: 'jobs' }, () => {});
    await locks.withLock('job-17', () => {});
    expect(await templates()).toEqual(['jobs', 'job-#']);
  });

  it.each<[string, () => unknown]>([
    ['throws', () => Reflect.get(Object(null), 'a').b],
    ['returns no string', () => undefined],
    ['rejects', async () => Reflect.get(Object(null), 'a').b],
  ])(
    "is 'other' where keyTemplate %s, and the lock is taken",
    async (_, bad) => {
      const { locks } = await instrumented({
        keyTemplate: bad as (key: string) => string,
      });
      await expect(locks.withLock('k', () => 'done')).resolves.toBe('done');
      expect(await templates()).toEqual(['other']);
    },
  );

  it("is 'other' for all that come after the limit, but never for one known from the start", async () => {
    const { locks } = await instrumented({
      maxTemplates: 2,
      templates: ['a', 'b', 'c'],
    });
    for (const key of ['a', 'b', 'c', 'd', 'e']) {
      await locks.withLock(key, () => {});
    }
    expect(await templates()).toEqual(['a', 'b', 'c', 'other']);
    expect(
      await telemetry().count('calls', {
        'lock.template': 'other',
        'lock.outcome': 'acquired',
      }),
    ).toBe(2);
  });
});

describe('instrumentLocks', () => {
  it('goes by the options as they were at the call', async () => {
    const options: Record<string, unknown> = { templates: ['a'] };
    const { locks } = world().instance();
    const started = instrumentLocks(locks, options);
    options['keyTemplate'] = 7;
    options['maxTemplates'] = 0;
    const stop = await started;
    await locks.withLock('k', () => {});
    expect(await templates()).toEqual(['a', 'k']);
    stop();
  });

  it('refuses to count twice', async () => {
    const { locks } = await instrumented();
    await expect(instrumentLocks(locks)).rejects.toMatchObject({
      code: 'LOCK_CONFIGURATION',
      message: expect.stringContaining('instrumented already'),
    });
  });

  it.each<[string, object]>([
    ['keyTemplate', { keyTemplate: 'order' }],
    ['maxTemplates', { maxTemplates: 0 }],
    ['spanKeys', { spanKeys: 'no' }],
    ['templates', { templates: 'order:*' }],
    ['templates', { templates: [7] }],
    ['templates', { templates: null }],
    ['templtes', { templtes: [] }],
  ])('names the option %s that cannot be', async (name, options) => {
    const { locks } = world().instance();
    await expect(instrumentLocks(locks, options)).rejects.toMatchObject({
      code: 'LOCK_CONFIGURATION',
      message: expect.stringContaining(`"${name}"`),
    });
    await instrumentLocks(locks);
  });
});
