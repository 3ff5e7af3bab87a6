import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { Injectable, Module, type OnModuleInit } from '@nestjs/common';
import { expect, it, onTestFinished } from 'vitest';
import { DistributedLock, LockService } from 'nestjs-etcd-lock';
import {
  EtcdLockTelemetryModule,
  type EtcdLockTelemetryModuleOptions,
} from 'nestjs-etcd-lock/telemetry/nest';
import { contextOf, World } from '../nest/support/harness.js';
import { useTelemetry } from './support/telemetry.js';

const telemetry = useTelemetry();

@Injectable()
class Orders implements OnModuleInit {
  async onModuleInit(): Promise<void> {
    await this.nightly();
  }

  @DistributedLock('report', { onBusy: 'skip', waitTimeout: 0 })
  async nightly(): Promise<void> {}

  @DistributedLock((id: string) => `order:${id}`)
  async pay(_id: string): Promise<string> {
    return 'paid';
  }

  @DistributedLock('elsewhere', { name: 'second' })
  async elsewhere(): Promise<void> {}
}

@Module({ providers: [Orders] })
class OrdersModule {}

/** Modules that stand deeper are initialised sooner, but for global ones. */
@Module({ imports: [OrdersModule] })
class ShopModule {}

function start(
  world: World,
  telemetries: readonly EtcdLockTelemetryModuleOptions[],
) {
  return contextOf({
    imports: [
      world.module,
      world.lockModule({ name: 'second' }),
      ...telemetries.map((options) => EtcdLockTelemetryModule.forRoot(options)),
      ShopModule,
    ],
  });
}

const acquired = (template: string) =>
  telemetry().count('calls', {
    'lock.template': template,
    'lock.outcome': 'acquired',
  });

it('has counters of its decorated methods at zero from the start', async () => {
  await start(new World(), [{}]);
  expect(await acquired('Orders.pay')).toBe(0);
  expect(
    await telemetry().count('skipped', { 'lock.template': 'report' }),
  ).toBe(0);
  expect(
    await telemetry().count('lost', {
      'lock.template': 'Orders.pay',
      'lock.lost.reason': 'session',
    }),
  ).toBe(0);
  expect(await acquired('elsewhere')).toBeUndefined();
});

it('hears what other modules do while they are initialised', async () => {
  await start(new World(), [{}]);
  expect(await acquired('report')).toBe(1);
});

it('groups calls of a decorated method under one template, and counts skipped runs', async () => {
  const world = new World();
  const app = await start(world, [{}]);
  await app.get(Orders).pay('1');
  await app.get(Orders).pay('2');
  await world.rival.withLock('report', () => app.get(Orders).nightly());
  expect(await acquired('Orders.pay')).toBe(2);
  expect(
    await telemetry().count('skipped', { 'lock.template': 'report' }),
  ).toBe(1);
  expect(
    await telemetry().count('calls', {
      'lock.template': 'report',
      'lock.outcome': 'busy',
    }),
  ).toBe(1);
});

it('observes the module it is given the name of', async () => {
  const app = await start(new World(), [
    { name: 'second', keyTemplate: () => 'any' },
  ]);
  await app.get(Orders).elsewhere();
  await app.get(LockService).withLock('k', () => {});
  expect(await acquired('elsewhere')).toBe(1);
  expect(await acquired('any')).toBeUndefined();
  expect(await acquired('report')).toBeUndefined();
});

it('publishes the events too', async () => {
  const types: unknown[] = [];
  const listener = (event: unknown) =>
    types.push((event as { type: string }).type);
  subscribe('nestjs-etcd-lock', listener);
  onTestFinished(() => void unsubscribe('nestjs-etcd-lock', listener));
  const app = await start(new World(), [{}]);
  types.length = 0;
  await app.get(Orders).pay('1');
  expect(types).toEqual(['requested', 'acquired', 'released']);
});

it('counts the losses of a shutdown, and nothing is held afterwards', async () => {
  const app = await start(new World(), [{}]);
  await app.get(LockService).acquire('order:1');
  await app.close();
  const about = { 'lock.template': 'order:*' };
  expect(
    await telemetry().count('lost', {
      ...about,
      'lock.lost.reason': 'shutdown',
    }),
  ).toBe(1);
  expect(await telemetry().count('held', about)).toBe(0);
});

it('keeps an application from starting that would count twice', async () => {
  const twice = start(new World(), [{}, { maxTemplates: 5 }]);
  await expect(twice).rejects.toMatchObject({ code: 'LOCK_CONFIGURATION' });
});
