import { Controller, Injectable, Logger, Scope } from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { DistributedLock, fromContext, LockService } from 'nestjs-etcd-lock';
import { contextOf, World } from './support/harness.js';

@Injectable()
@DistributedLock({ ttl: '20s' })
class Orders {
  @DistributedLock((id: string) => `order:${id}`, { waitTimeout: '2s' })
  async pay(_id: string) {}

  @DistributedLock(['a', 'b'], { onBusy: 'skip' })
  async sweep() {}

  async free() {}
}

async function debugLines(metadata: Parameters<typeof contextOf>[0]) {
  const debug = vi.spyOn(Logger.prototype, 'debug');
  onTestFinished(() => debug.mockRestore());
  await contextOf(metadata);
  return debug.mock.calls
    .map(([line]) => String(line))
    .filter((line) => line.includes('is locked by'));
}

describe('the start-up report', () => {
  it('has a line for each locked method, with key and policy', async () => {
    const lines = await debugLines({
      imports: [new World().module],
      providers: [Orders, { provide: 'alias', useExisting: Orders }],
    });

    expect(lines).toHaveLength(2);
    expect(lines[0]).toMatch(/^Orders\.pay is locked by \(id\) => `order:/);
    expect(lines[0]).toMatch(/ttl: 20s, waitTimeout: 2s, onBusy: throw/);
    expect(lines[1]).toMatch(/^Orders\.sweep is locked by a, b/);
    expect(lines[1]).toMatch(/waitTimeout: 0.*onBusy: skip/);
  });

  it('shows where a key comes from, never a key', async () => {
    @Controller()
    class Carts {
      @DistributedLock(fromContext((ctx) => ctx.switchToHttp().getRequest().id))
      async fill() {}
    }

    const lines = await debugLines({
      imports: [new World().module],
      controllers: [Carts],
    });

    expect(lines).toEqual([
      expect.stringMatching(
        /^Carts\.fill is locked by fromContext\(\(ctx\) => ctx\.switchToHttp/,
      ),
    ]);
  });

  it('has a line in the report of the instance that a method uses', async () => {
    @Injectable()
    class Second {
      @DistributedLock('key', { name: 'second' })
      async run() {}
    }
    const world = new World();

    const lines = await debugLines({
      imports: [world.module, world.lockModule({ name: 'second' })],
      providers: [Orders, Second],
    });

    expect(lines).toHaveLength(3);
  });

  it.each([
    ['useValue', { provide: Orders, useValue: new Orders() }],
    ['useFactory', { provide: 'orders', useFactory: () => new Orders() }],
  ])(
    'refuses an instance of %s that Nest did not build',
    async (_, provider) => {
      await expect(
        contextOf({ imports: [new World().module], providers: [provider] }),
      ).rejects.toThrow(
        expect.objectContaining({
          code: 'LOCK_CONFIGURATION',
          message: expect.stringMatching(
            /^Orders\.pay, Orders\.sweep can never run/,
          ),
        }),
      );
    },
  );

  it('accepts an instance that a factory had Nest build', async () => {
    const app = await contextOf({
      imports: [new World().module],
      providers: [
        {
          provide: 'orders',
          inject: [ModuleRef],
          useFactory: (ref: ModuleRef) => ref.create(Orders),
        },
      ],
    });

    await expect(app.get('orders').sweep()).resolves.toBeUndefined();
  });

  it.each([
    { provide: 'stub', useValue: { pay: async () => {} } },
    { provide: 'nothing', useValue: null },
    { provide: 'bare', useValue: Object.create(null) },
    { provide: 'text', useFactory: () => 'text' },
    { provide: Orders, useClass: Orders, scope: Scope.REQUEST },
    { provide: 'later', useFactory: () => new Date(), scope: Scope.TRANSIENT },
  ])('minds its own business: $provide', async (provider) => {
    const app = await contextOf({
      imports: [new World().module],
      providers: [provider as never],
    });

    expect(app.get(LockService)).toBeDefined();
  });
});
