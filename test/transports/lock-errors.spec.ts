import { Inject, Injectable, UseFilters } from '@nestjs/common';
import { RpcException } from '@nestjs/microservices';
import { WsException } from '@nestjs/websockets';
import { describe, expect, it, onTestFinished } from 'vitest';
import {
  DistributedLock,
  EtcdLockModule,
  type LockErrorMapper,
  LockClient,
  LockExceptionFilter,
  LockService,
} from 'nestjs-etcd-lock';
import { MemoryCluster, MemoryStore } from 'nestjs-etcd-lock/memory';
import { FaultyStore } from 'nestjs-etcd-lock/testing';
import { application } from './support/application.js';
import { WAYS, type Way } from './support/callers.js';

@Injectable()
class Stock {
  @DistributedLock('stock', { waitTimeout: 0 })
  async pick() {
    return 'picked';
  }
}

const METHODS = ['fixed', 'argument', 'lost', 'service'] as const;

/** A class whose methods are reached in this way, with the filter or without. */
function servedClass({ type, route }: Way, filter: boolean) {
  const served = (): MethodDecorator => (target, name, descriptor) =>
    route(String(name))(target, name, descriptor);
  class Served {
    constructor(@Inject(Stock) private readonly stock: Stock) {}

    @served()
    @DistributedLock('key', { waitTimeout: 0 })
    async fixed() {
      return 'ran';
    }

    @served()
    @DistributedLock(() => 'key', { waitTimeout: 0 })
    async argument() {
      return 'ran';
    }

    @served()
    @DistributedLock('free', { maxHold: 5 })
    async lost() {
      await new Promise(() => {});
      return 'ran';
    }

    @served()
    async service() {
      return this.stock.pick();
    }
  }
  if (filter) UseFilters(LockExceptionFilter)(Served);
  type()(Served);
  return Served;
}

async function serve(
  way: Way,
  options: { mapError?: LockErrorMapper; filter?: boolean } = {},
) {
  const { filter = false, mapError } = options;
  const cluster = new MemoryCluster();
  const store = new FaultyStore(new MemoryStore({ cluster }));
  const rival = new LockClient({ store: new MemoryStore({ cluster }) });
  const type = servedClass(way, filter);
  const app = await application({
    imports: [
      EtcdLockModule.forRoot({ store, ttl: '2s', shutdownGrace: 0, mapError }),
      ...(way.imports?.(METHODS) ?? []),
    ],
    controllers: way.as === 'controllers' ? [type] : [],
    providers: way.as === 'providers' ? [type, Stock] : [Stock],
  });
  const caller = await way.serve(app);
  onTestFinished(async () => {
    await caller.close();
    await app.close();
    await rival.close();
  });
  const { client } = app.get(LockService);
  return { ...caller, store, rival, client };
}

const isGraphql = (name: string) => name === 'GraphQL';

describe.each(Object.entries(WAYS))('%s', (name, way) => {
  const told = (code: string, message: unknown) =>
    isGraphql(name)
      ? { message, extensions: expect.objectContaining({ code }) }
      : { status: 'error', code, message };

  it.each(['fixed', 'argument'])(
    '%s: tells that locks are not available, and not of hosts',
    async (method) => {
      const { store, failureOf } = await serve(way);
      const fault = store.refuse({ times: Infinity });

      const failure = await failureOf(method);
      fault.lift();

      expect(failure).toEqual(
        told(
          'LOCK_STORE',
          'The lock could not be taken: locks are not available at the moment.',
        ),
      );
    },
  );

  it('tells that a lock was lost, though the method goes on', async () => {
    const { failureOf } = await serve(way);

    expect(await failureOf('lost')).toEqual(
      told('LOCK_LOST', expect.stringContaining('was lost')),
    );
  });

  it.each(['fixed', 'argument'])(
    '%s: tells that the application is shutting down',
    async (method) => {
      const { client, failureOf } = await serve(way);
      client.drain();

      expect(await failureOf(method)).toEqual(
        told('LOCK_CLOSED', expect.stringContaining('shutting down')),
      );
    },
  );

  it('tells what the module makes of an error', async () => {
    const Exception = { 'a microservice': RpcException, GraphQL: Error };
    const { rival, failureOf } = await serve(way, {
      mapError: (error) => {
        const type = Exception[name as never] ?? WsException;
        return new (type as typeof Error)(`own ${error.code}`);
      },
    });
    await using lock = await rival.acquire('key');

    expect(lock.held).toBe(true);
    expect(await failureOf('fixed')).toMatchObject({
      message: 'own LOCK_BUSY',
    });
  });

  it('with the filter, tells of locks that services take', async () => {
    const { rival, failureOf } = await serve(way, { filter: true });
    await using lock = await rival.acquire('stock');

    expect(lock.held).toBe(true);
    expect(await failureOf('service')).toEqual(
      told('LOCK_BUSY', expect.not.stringContaining('"stock"')),
    );
  });

  it('with the filter, does so as the module says', async () => {
    const { rival, failureOf } = await serve(way, {
      filter: true,
      mapError: (error) => {
        throw isGraphql(name)
          ? new Error(error.code)
          : new (name === 'a microservice' ? RpcException : WsException)(
              error.code,
            );
      },
    });
    await using lock = await rival.acquire('stock');

    expect(lock.held).toBe(true);
    expect(await failureOf('service')).toMatchObject({ message: 'LOCK_BUSY' });
  });
});
