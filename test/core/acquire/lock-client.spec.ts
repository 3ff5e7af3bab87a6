import { describe, expect, it } from 'vitest';
import {
  type AcquireOptions,
  LockClient,
  type LockClientOptions,
  type LockKey,
  type LockStore,
  StoreError,
} from '../../../lib/core/index.js';
import { MemoryStore } from '../../../lib/memory/index.js';
import { follow } from '../support/follow.js';
import { refusal } from '../support/network.js';
import { useWorld } from '../support/world.js';

const world = useWorld();

describe('LockClient', () => {
  it.each<[string, unknown, RegExp]>([
    ['ttl', '1s', /"ttl" must be at least 2 s/],
    ['ttl', NaN, /"ttl"/],
    ['waitTimeout', -1, /"waitTimeout"/],
    ['namespace', '', /"namespace" must be printable ASCII/],
    ['namespace', 'my locks', /"namespace".*"my locks"/],
    ['namespace', 'größe', /"namespace"/],
    ['namespace', 7, /"namespace"/],
    ['label', 7, /"label" must be a string/],
    ['wait', '5s', /Unknown option "wait"; did you mean "waitTimeout"\?/],
    ['patience', '5s', /Unknown option "patience". Known are store, /],
    ['store', {}, /"store" must be a store, such as an EtcdStore, got /],
    ['store', null, /"store" must be a store, such as an EtcdStore, got /],
    ['store', 'memory', /"store" must be a store, such as an EtcdStore, got /],
  ])(
    'refuses a bad %s (%j), and connects to nothing',
    (name, value, message) => {
      const store = new Proxy({} as LockStore, {
        get: () => () => expect.unreachable('the store is used'),
      });
      const options = { store, [name]: value } as LockClientOptions;
      expect(() => new LockClient(options)).toThrow(
        expect.objectContaining({
          code: 'LOCK_CONFIGURATION',
          message: expect.stringMatching(message),
        }),
      );
    },
  );

  it('uses its own defaults for ttl and waitTimeout', async () => {
    await world().queueUp(1);
    const { locks } = world().instance({ ttl: '5s', waitTimeout: '2s' });
    const lock = await locks.acquire('other');
    expect(lock.remaining()).toBe(4_750);
    const call = follow(locks.acquire('k'));
    await world().advance(1_999);
    expect(call.state).toBe('pending');
    await world().advance(1);
    expect(call.error).toMatchObject({ waitedMs: 2_000 });
  });

  it('sees only its own namespace, given with or without its slash', async () => {
    const a = world().instance({ namespace: 'locks/a' });
    const same = world().instance({ namespace: 'locks/a/' });
    const other = world().instance({ namespace: 'locks/b' });
    await a.locks.acquire('k');
    expect(await same.locks.tryAcquire('k')).toBeNull();
    expect(await other.locks.tryAcquire('k')).not.toBeNull();
    expect(await a.locks.list()).toHaveLength(1);
  });

  it('works on the clocks of this process by default', async () => {
    const locks = new LockClient({ store: new MemoryStore() });
    const result = await locks.withLock('k', (lock) => lock.remaining());
    expect(result).toBeGreaterThan(14_000);
    expect(result).toBeLessThanOrEqual(14_250);
    await locks.close();
  });

  it('prints the etcd name of a key, in which no other key can lie', () => {
    const { locks } = world().instance();
    expect(locks.etcdName('order:42')).toBe('locks/order%3A42/');
    expect(locks.etcdName('a/b')).toBe('locks/a%2Fb/');
    expect(() => locks.etcdName('')).toThrow(/must not be empty/);
  });

  it('keeps lock a and lock a/b apart', async () => {
    const { locks } = world().instance();
    const taken = await Promise.all(
      ['a', 'a/b', 'a%2Fb', 'a/'].map((key) => locks.tryAcquire(key)),
    );
    expect(taken.every((lock) => lock?.held)).toBe(true);
  });
});

describe('bad input', () => {
  it.each<[unknown, unknown]>([
    ['', {}],
    [undefined, {}],
    [42, {}],
    [[], {}],
    ['k'.repeat(1025), {}],
    ['k', { minHold: NaN }],
    ['k', { ttl: '1s' }],
    ['k', { permits: 0 }],
    ['k', { minHold: '2s', maxHold: '1s' }],
    ['k', { metadata: { n: 1n } }],
    ['k', { timeout: 5 }],
    ['k', null],
  ])('is an error before anything is sent: number %#', async (key, options) => {
    const { locks, traffic } = world().instance();
    const asking = [
      locks.acquire(key as LockKey, options as AcquireOptions),
      locks.tryAcquire(key as LockKey, options as AcquireOptions),
      locks.withLock(key as LockKey, options as AcquireOptions, () => {}),
    ].map((each) => follow<unknown>(each));
    await world().settle();
    for (const { error } of asking)
      expect(error).toMatchObject({ code: 'LOCK_CONFIGURATION' });
    expect(traffic.count()).toBe(0);
  });

  it.each(['inspect', 'forceRelease'] as const)(
    'is refused by %s',
    async (method) => {
      const { locks, traffic } = world().instance();
      for (const key of ['', ['a', 'b']]) {
        const error = await world().failure(locks[method](key as string));
        expect(error).toMatchObject({ code: 'LOCK_CONFIGURATION' });
      }
      expect(traffic.count()).toBe(0);
    },
  );
});

describe('an etcd that does not answer', () => {
  it.each(['refuse', 'holdRequests'] as const)(
    'fails calls within their waitTimeout, with nothing left (%s)',
    async (fault) => {
      const { locks, network } = world().instance();
      network[fault]({ times: Infinity });
      const call = follow(locks.acquire('k', { waitTimeout: '3s' }));
      const trying = follow(locks.tryAcquire('k2'));
      await world().advance(3_000);
      expect(call.error).toMatchObject({
        code: 'LOCK_STORE',
        key: 'k',
        outcome: 'not-applied',
      });
      await world().advance(1_500);
      expect(trying.error).toMatchObject({ code: 'LOCK_STORE', key: 'k2' });
    },
  );

  it('is waited for, while the caller has time', async () => {
    const { locks, network } = world().instance();
    network.refuse({ times: Infinity });
    const call = follow(locks.acquire('k', { waitTimeout: '60s' }));
    await world().advance(30_000);
    expect(call.state).toBe('pending');
    network.heal();
    await world().advance(1_000);
    expect(call.value?.held).toBe(true);
  });

  it.each([
    ['permission-denied', 'not-applied'],
    ['unauthenticated', 'not-applied'],
    ['no-space', 'not-applied'],
  ] as const)(
    'but refuses with %s is reported at once',
    async (reason, outcome) => {
      const { locks, network } = world().instance();
      network.refuse({ on: 'grantLease', error: refusal(reason) });
      const error = await world().failure(locks.acquire('k'));
      expect(error).toMatchObject({
        code: 'LOCK_STORE',
        outcome,
        cause: { reason },
      });
    },
  );

  it.each([
    ['a plain error', new TypeError('fetch failed')],
    [
      'the StoreError of another copy',
      Object.assign(new Error('x'), {
        name: 'StoreError',
        reason: 'unavailable',
        outcome: 'unknown',
      }),
    ],
    ['nothing at all', undefined],
  ])('by a store that rejects with %s counts as unknown', async (_, thrown) => {
    const { locks, network } = world().instance();
    const lock = await locks.acquire('k');
    network.loseReplies({ times: 3, error: thrown as StoreError });
    await world().outcome(lock.release(), 1_000);
    network.loseReplies({ times: 3, error: thrown as StoreError });
    const again = await world().outcome(locks.acquire('k'), 1_000);
    expect(again.held).toBe(true);
    expect(await world().tickets('k')).toHaveLength(1);
  });
});

describe('ping', () => {
  it('resolves when etcd answers, and asks for as little as possible', async () => {
    const { locks, traffic } = world().instance();
    await expect(locks.ping()).resolves.toBeUndefined();
    expect(traffic.reads).toEqual([
      { kind: 'range', range: { key: 'locks/' }, stale: false },
    ]);
  });

  it('waits for no longer than it is told to', async () => {
    const { locks, network } = world().instance();
    network.holdRequests({ on: 'read' });
    const error = await world().failure(locks.ping({ timeout: '1s' }), 1_001);
    expect(error).toMatchObject({ code: 'LOCK_STORE' });
  });

  it('rejects with a LockStoreError when it does not', async () => {
    const { locks, network } = world().instance();
    network.holdRequests({ on: 'read' });
    const error = await world().failure(locks.ping(), 4_501);
    expect(error).toMatchObject({
      code: 'LOCK_STORE',
      key: '',
      cause: { reason: 'timeout' },
    });
  });
});
