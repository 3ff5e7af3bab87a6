import {
  type ArgumentsHost,
  Catch,
  ConflictException,
  Controller,
  type ExceptionFilter,
  Get,
  HttpException,
  Inject,
  Injectable,
  Logger,
} from '@nestjs/common';
import { APP_FILTER } from '@nestjs/core';
import { NEVER, type Observable } from 'rxjs';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import {
  DistributedLock,
  EtcdLockModule,
  type EtcdLockModuleOptions,
  fromContext,
  isLockError,
  LockExceptionFilter,
  LockService,
  lockErrorMapper,
} from 'nestjs-etcd-lock';
import { MemoryStore } from 'nestjs-etcd-lock/memory';
import { FaultyStore } from 'nestjs-etcd-lock/testing';
import { adapters, listen, World } from './support/harness.js';

@Injectable()
class Warehouse {
  @DistributedLock('stock', { waitTimeout: 0 })
  async pick() {
    return 'picked';
  }
}

@Controller()
class Shop {
  constructor(
    @Inject(LockService) private readonly locks: LockService,
    @Inject(Warehouse) private readonly warehouse: Warehouse,
  ) {}

  @Get('fixed')
  @DistributedLock('key', { waitTimeout: 0 })
  async fixed() {
    return 'ran';
  }

  @Get('argument')
  @DistributedLock(() => 'key', { waitTimeout: 0 })
  async argument() {
    return 'ran';
  }

  @Get('context')
  @DistributedLock(
    fromContext((ctx) => ctx.switchToHttp().getRequest().query.key),
    { waitTimeout: 0 },
  )
  async context() {
    return 'ran';
  }

  @Get('patient')
  @DistributedLock('key', { waitTimeout: 20 })
  async patient() {
    return 'ran';
  }

  @Get('lost')
  @DistributedLock('free', { maxHold: 5 })
  async lost() {
    await new Promise(() => {});
  }

  @Get('lost-argument')
  @DistributedLock(() => 'free', { maxHold: 5 })
  async lostArgument() {
    await new Promise(() => {});
  }

  @Get('lost-observable')
  @DistributedLock('free', { maxHold: 5 })
  async lostObservable() {
    return NEVER;
  }

  @Get('lost-argument-observable')
  @DistributedLock(() => 'free', { maxHold: 5 })
  lostArgumentObservable(): Observable<never> {
    return NEVER;
  }

  @Get('skip')
  @DistributedLock('key', { onBusy: 'skip' })
  async skip(): Promise<string | undefined> {
    return 'ran';
  }

  @Get('fallback')
  @DistributedLock('key', {
    onBusy: ({ key, context }) => `${key} ${context?.getHandler().name}`,
  })
  async fallback() {
    return 'ran';
  }

  @Get('fallback-argument')
  @DistributedLock(() => 'key', { onBusy: ({ key }) => `${key} is busy` })
  async fallbackArgument() {
    return 'ran';
  }

  @Get('own-error')
  @DistributedLock('free')
  async ownError() {
    throw new ConflictException('sold out');
  }

  @Get('nested')
  @DistributedLock('free')
  async nested() {
    return this.locks.withLock('key', { waitTimeout: 0 }, () => 'ran');
  }

  @Get('service')
  async service() {
    return this.warehouse.pick();
  }

  @Get('no-key')
  @DistributedLock(() => undefined as never)
  async noKey() {
    return 'ran';
  }
}

async function shop(
  adapter: (typeof adapters)[number],
  options: Partial<EtcdLockModuleOptions> = {},
  providers: object[] = [],
) {
  const world = new World(options);
  const { url } = await listen(
    {
      imports: [world.module],
      controllers: [Shop],
      providers: [Warehouse, ...(providers as [])],
    },
    adapter,
  );
  return { world, get: (path: string) => fetch(`${url}/${path}`) };
}

describe.each(adapters)('on %s', (adapter) => {
  it.each([
    ['fixed', 'LOCK_BUSY'],
    ['argument', 'LOCK_BUSY'],
    ['context?key=key', 'LOCK_BUSY'],
    ['patient', 'LOCK_TIMEOUT'],
  ])('%s: a lock that others hold is 423', async (path, code) => {
    const { world, get } = await shop(adapter);
    await using lock = await world.rival.acquire('key');

    const response = await get(path);

    expect(lock.held).toBe(true);
    expect(response.status).toBe(423);
    expect(response.headers.get('Retry-After')).toBe('1');
    expect(await response.json()).toEqual({
      statusCode: 423,
      error: 'Locked',
      code,
      message: expect.not.stringContaining('"key"'),
    });
  });

  it.each(['fixed', 'argument'])(
    '%s: an etcd that fails is 503, and says nothing of hosts',
    async (path) => {
      const store = new FaultyStore(new MemoryStore());
      const { url } = await listen(
        {
          imports: [
            EtcdLockModule.forRoot({ store, ttl: '2s', shutdownGrace: 0 }),
          ],
          controllers: [Shop],
          providers: [Warehouse],
        },
        adapter,
      );
      const fault = store.refuse({ times: Infinity });

      const response = await fetch(`${url}/${path}`);
      fault.lift();

      expect(response.status).toBe(503);
      expect(response.headers.get('Retry-After')).toBe('1');
      expect(await response.json()).toEqual({
        statusCode: 503,
        error: 'Service Unavailable',
        code: 'LOCK_STORE',
        message:
          'The lock could not be taken: locks are not available at the moment.',
      });
    },
  );

  it.each([
    'lost',
    'lost-argument',
    'lost-observable',
    'lost-argument-observable',
  ])(
    '%s: a lock that is lost is 500, though the method goes on',
    async (path) => {
      const { get } = await shop(adapter);

      const response = await get(path);

      expect(response.status).toBe(500);
      expect(await response.json()).toMatchObject({
        statusCode: 500,
        code: 'LOCK_LOST',
        message: 'The lock was lost while the request was being handled.',
      });
      expect(response.headers.get('Retry-After')).toBeNull();
    },
  );

  it.each(['lost', 'lost-argument'])(
    '%s: a lock that is lost is mapped and logged once',
    async (path) => {
      const mapError = vi.fn(lockErrorMapper());
      const { get } = await shop(adapter, { mapError });

      await get(path);
      await get('fixed');

      expect(mapError).toHaveBeenCalledTimes(1);
    },
  );

  it('a skipped handler answers with nothing', async () => {
    const { world, get } = await shop(adapter);
    await using lock = await world.rival.acquire('key');

    const response = await get('skip');

    expect(lock.held).toBe(true);
    expect(response.status).toBe(200);
    expect(await response.text()).toBe('');
  });

  it.each([
    ['fallback', 'key fallback'],
    ['fallback-argument', 'key is busy'],
  ])('%s: a fallback answers in its place', async (path, text) => {
    const { world, get } = await shop(adapter);
    await using lock = await world.rival.acquire('key');

    expect(lock.held).toBe(true);
    expect(await (await get(path)).text()).toBe(text);
  });

  it('an exception of the method passes through', async () => {
    const { world, get } = await shop(adapter);

    const response = await get('own-error');

    expect(response.status).toBe(409);
    expect(await response.json()).toMatchObject({ message: 'sold out' });
    expect(await world.isHeld('free')).toBe(false);
  });

  it('an error of a lock that the method took is not that of its own', async () => {
    const { world, get } = await shop(adapter);
    await using lock = await world.rival.acquire('key');

    expect(lock.held).toBe(true);
    expect((await get('nested')).status).toBe(500);
  });

  it('a key function without a key is an internal error', async () => {
    const { get } = await shop(adapter);

    expect((await get('no-key')).status).toBe(500);
  });

  it('the module can be told how to map', async () => {
    const { world, get } = await shop(adapter, {
      mapError: (error) => new HttpException(error.code, 409),
    });
    await using lock = await world.rival.acquire('key');

    const response = await get('fixed');

    expect(lock.held).toBe(true);
    expect(response.status).toBe(409);
    expect(await response.text()).toContain('LOCK_BUSY');
  });

  it('the module can be told to tell clients the key', async () => {
    const { world, get } = await shop(adapter, {
      mapError: lockErrorMapper({ details: true, retryAfter: '2s' }),
    });
    await using lock = await world.rival.acquire('key');

    const response = await get('fixed');

    expect(lock.held).toBe(true);
    expect(response.headers.get('Retry-After')).toBe('2');
    expect(await response.json()).toEqual({
      statusCode: 423,
      error: 'Locked',
      code: 'LOCK_BUSY',
      message: expect.stringContaining('"key"'),
      key: 'key',
    });
  });

  it('the log has what the client is not told', async () => {
    const { world, get } = await shop(adapter);
    await using lock = await world.rival.acquire('key');
    const debug = vi.spyOn(Logger.prototype, 'debug');
    onTestFinished(() => debug.mockRestore());

    await get('fixed');

    expect(lock.held).toBe(true);
    expect(debug).toHaveBeenCalledWith(expect.stringContaining('"key"'));
  });

  it('the time to retry after can be set', async () => {
    const { world, get } = await shop(adapter, {
      mapError: lockErrorMapper('2500ms'),
    });
    await using lock = await world.rival.acquire('key');

    expect(lock.held).toBe(true);
    expect((await get('fixed')).headers.get('Retry-After')).toBe('3');
  });

  it('a mapper that returns the error leaves it to the filters', async () => {
    @Catch()
    class Filter implements ExceptionFilter {
      catch(error: unknown, host: ArgumentsHost) {
        const response = host.switchToHttp().getResponse();
        const code = isLockError(error) ? error.code : 'none';
        response.status(418).send(code);
      }
    }
    const { world, get } = await shop(adapter, { mapError: (error) => error }, [
      { provide: APP_FILTER, useClass: Filter },
    ]);
    await using lock = await world.rival.acquire('key');

    const response = await get('fixed');

    expect(lock.held).toBe(true);
    expect(response.status).toBe(418);
    expect(await response.text()).toBe('LOCK_BUSY');
  });

  it('LockExceptionFilter maps the errors of locks that services take', async () => {
    const { world, get } = await shop(adapter, {}, [
      { provide: APP_FILTER, useClass: LockExceptionFilter },
    ]);
    await using one = await world.rival.acquire('stock');
    await using two = await world.rival.acquire('key');

    expect(one.held && two.held).toBe(true);
    for (const path of ['service', 'nested']) {
      const response = await get(path);
      expect(response.status).toBe(423);
      expect(response.headers.get('Retry-After')).toBe('1');
      expect(await response.json()).toMatchObject({ code: 'LOCK_BUSY' });
    }
    expect((await get('own-error')).status).toBe(409);
  });
});
