import { Controller, Get, Injectable } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import {
  CurrentLock,
  DistributedLock,
  EtcdLockModule,
  getLockServiceToken,
  type Lock,
  LockBusyError,
  LockService,
} from 'nestjs-etcd-lock';

@Injectable()
@Controller()
class Orders {
  given: Lock | undefined;

  @Get()
  @DistributedLock('order', { ttl: '20s' })
  async pay(@CurrentLock() lock?: Lock) {
    this.given = lock;
    return 'paid';
  }

  @DistributedLock('job', { onBusy: 'skip', sticky: true })
  async job(): Promise<string | undefined> {
    return 'ran';
  }

  @DistributedLock('values')
  async *values() {
    yield 1;
    yield 2;
  }
}

function mock(lock: object = { release: vi.fn(async () => {}) }) {
  return { acquire: vi.fn(async () => lock), withLock: vi.fn() };
}

async function ordersWith(service: unknown) {
  const module = await Test.createTestingModule({
    providers: [Orders, { provide: getLockServiceToken(), useValue: service }],
  }).compile();
  onTestFinished(() => module.close());
  return module.get(Orders);
}

describe('a mock of LockService', () => {
  it('serves locked methods by its acquire, whose lock is released', async () => {
    const lock = { release: vi.fn(async () => {}) };
    const service = mock(lock);
    const orders = await ordersWith(service);

    await expect(orders.pay()).resolves.toBe('paid');

    expect(service.acquire).toHaveBeenCalledExactlyOnceWith(
      'order',
      expect.objectContaining({ ttl: '20s' }),
    );
    expect(orders.given).toBe(lock);
    expect(lock.release).toHaveBeenCalledOnce();
    await expect(orders.job()).resolves.toBe('ran');
    const values: number[] = [];
    for await (const value of orders.values()) values.push(value);
    expect(values).toEqual([1, 2]);
    expect(lock.release).toHaveBeenCalledTimes(3);
  });

  it('can refuse, and lose its locks', async () => {
    const busy = mock();
    busy.acquire.mockRejectedValue(new LockBusyError('job'));
    await expect((await ordersWith(busy)).job()).resolves.toBeUndefined();

    const reason = new Error('lost in a test');
    const lost = mock({ release() {}, signal: AbortSignal.abort(reason) });
    await expect((await ordersWith(lost)).pay()).rejects.toBe(reason);
  });

  it.each<[string, unknown]>([
    ['an empty object', {}],
    ['an acquire that gives nothing', { acquire: async () => undefined }],
    ['an acquire that gives null', { acquire: async () => null }],
    ['an acquire that gives no lock', { acquire: async () => ({}) }],
  ])('that is %s says to use TestLocks', async (_kind, service) => {
    const orders = await ordersWith(service);

    await expect(orders.pay()).rejects.toMatchObject({
      code: 'LOCK_CONFIGURATION',
      message: expect.stringContaining('Use TestLocks'),
    });
  });

  it('may be made by useMocker', async () => {
    const service = mock();
    const module = await Test.createTestingModule({ providers: [Orders] })
      .useMocker(() => service)
      .compile();

    await expect(module.get(Orders).pay()).resolves.toBe('paid');
    expect(service.acquire).toHaveBeenCalledOnce();
  });

  it('may override the service of the module, for handlers too', async () => {
    const service = mock();
    const module = await Test.createTestingModule({
      imports: [EtcdLockModule.forRoot({ store: 'memory' })],
      controllers: [Orders],
    })
      .overrideProvider(LockService)
      .useValue(service)
      .compile();
    const app = module.createNestApplication();
    onTestFinished(() => app.close());
    await app.listen(0, '127.0.0.1');

    expect(await (await fetch(await app.getUrl())).text()).toBe('paid');
    expect(service.acquire).toHaveBeenCalledOnce();
    service.acquire.mockRejectedValue(new LockBusyError('order'));
    expect((await fetch(await app.getUrl())).status).toBe(423);
  });
});

describe('fake timers', () => {
  it.each<[string, Parameters<typeof vi.useFakeTimers>[0]]>([
    ['the date only', { toFake: ['Date'] }],
    ['all timers', {}],
  ])(
    'that fake %s do not hold up a call that need not wait',
    async (_, how) => {
      const module = await Test.createTestingModule({
        imports: [EtcdLockModule.forRoot({ store: 'memory' })],
        providers: [Orders],
      }).compile();
      await module.init();
      onTestFinished(() => module.close());
      vi.useFakeTimers(how);
      onTestFinished(() => void vi.useRealTimers());

      await expect(module.get(Orders).pay()).resolves.toBe('paid');
    },
  );

  it('that set the date forward end what is held, as after a sleep of the machine, and nothing later', async () => {
    const module = await Test.createTestingModule({
      imports: [EtcdLockModule.forRoot({ store: 'memory' })],
    }).compile();
    onTestFinished(() => module.close());
    const locks = module.get(LockService);
    const lock = await locks.acquire('a');
    vi.useFakeTimers({ toFake: ['Date'] });
    onTestFinished(() => void vi.useRealTimers());
    expect(lock.held).toBe(true);

    vi.setSystemTime(Date.now() + 3_600_000);

    expect(lock.held).toBe(false);
    await expect(locks.withLock('b', () => 'ran')).resolves.toBe('ran');
  });
});
