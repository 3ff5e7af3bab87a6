import { Inject, Injectable, Logger, Module } from '@nestjs/common';
import { Etcd3 } from 'etcd3';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import {
  DistributedLock,
  EtcdLockModule,
  getLockServiceToken,
  type EtcdLockModuleOptions,
  type EtcdLockOptionsFactory,
  InjectLockService,
  isLockError,
  type LockError,
  LockService,
} from 'nestjs-etcd-lock';
import { MemoryCluster, MemoryStore } from 'nestjs-etcd-lock/memory';
import { contextOf, World } from './support/harness.js';

@Injectable()
class Settings {
  readonly namespace = 'from-settings/';
}

@Module({ providers: [Settings], exports: [Settings] })
class SettingsModule {}

@Injectable()
class LockSettings implements EtcdLockOptionsFactory {
  constructor(@Inject(Settings) private readonly settings: Settings) {}

  createEtcdLockOptions(): EtcdLockModuleOptions {
    return { store: 'memory', namespace: this.settings.namespace };
  }
}

@Module({
  imports: [SettingsModule],
  providers: [LockSettings],
  exports: [LockSettings],
})
class LockSettingsModule {}

describe('EtcdLockModule', () => {
  it('gives a LockService by class and by token', async () => {
    const app = await contextOf({
      imports: [EtcdLockModule.forRoot({ store: 'memory' })],
    });

    const locks = app.get(LockService);

    expect(locks).toBeInstanceOf(LockService);
    expect(app.get(getLockServiceToken())).toBe(locks);
    await using lock = await locks.acquire('a');
    expect(lock.held).toBe(true);
  });

  it.each([
    [
      'useFactory',
      EtcdLockModule.forRootAsync({
        imports: [SettingsModule],
        inject: [Settings],
        useFactory: async ({ namespace }: Settings) => ({
          store: 'memory',
          namespace,
        }),
      }),
    ],
    [
      'useClass',
      EtcdLockModule.forRootAsync({
        imports: [SettingsModule],
        useClass: LockSettings,
      }),
    ],
    [
      'useExisting',
      EtcdLockModule.forRootAsync({
        imports: [LockSettingsModule],
        useExisting: LockSettings,
      }),
    ],
  ])('takes its options from %s, with imports', async (_form, module) => {
    const app = await contextOf({ imports: [module] });

    expect(app.get(LockService).etcdName('a')).toBe('from-settings/a/');
  });

  it('is global unless told otherwise', async () => {
    @Injectable()
    class Guest {
      constructor(@Inject(LockService) readonly locks: LockService) {}
    }
    @Module({ providers: [Guest] })
    class GuestModule {}
    const options = { store: 'memory' } as const;

    const app = await contextOf({
      imports: [EtcdLockModule.forRoot(options), GuestModule],
    });
    expect(app.get(Guest).locks).toBe(app.get(LockService));

    const isGlobal = false;
    await expect(
      contextOf({
        imports: [
          EtcdLockModule.forRoot({ ...options, isGlobal }),
          GuestModule,
        ],
      }),
    ).rejects.toThrow(/resolve dependencies of the Guest/);
  });

  it('has further instances by name, each with its own locks', async () => {
    @Injectable()
    class Both {
      constructor(
        @InjectLockService() readonly first: LockService,
        @InjectLockService('second') readonly second: LockService,
      ) {}

      @DistributedLock('key', { waitTimeout: 0 })
      async lockedByFirst() {
        return 'ran';
      }

      @DistributedLock('key', { waitTimeout: 0, name: 'second' })
      async lockedBySecond() {
        return 'ran';
      }
    }
    const app = await contextOf({
      imports: [
        EtcdLockModule.forRoot({ store: 'memory' }),
        EtcdLockModule.forRootAsync({
          name: 'second',
          useFactory: () => ({ store: 'memory' }),
        }),
      ],
      providers: [Both],
    });
    const both = app.get(Both);

    await using lock = await both.second.acquire('key');

    expect(lock.held).toBe(true);
    await expect(both.lockedByFirst()).resolves.toBe('ran');
    await expect(both.lockedBySecond()).rejects.toThrow(/held by somebody/);
  });

  it('keeps two applications of one process apart', async () => {
    @Injectable()
    class Job {
      @DistributedLock('job', { waitTimeout: 0 })
      async run() {
        return 'ran';
      }
    }
    const [one, two] = await Promise.all(
      [new World(), new World()].map(async (world) => ({
        world,
        app: await contextOf({ imports: [world.module], providers: [Job] }),
      })),
    );

    await using lock = await one!.world.rival.acquire('job');

    expect(lock.held).toBe(true);
    await expect(one!.app.get(Job).run()).rejects.toThrow(/held by somebody/);
    await expect(two!.app.get(Job).run()).resolves.toBe('ran');
  });

  it('starts without etcd', async () => {
    const app = await contextOf({
      imports: [
        EtcdLockModule.forRoot({
          hosts: 'http://127.0.0.1:1',
          waitTimeout: 300,
        }),
      ],
    });

    await expect(app.get(LockService).acquire('a')).rejects.toMatchObject({
      code: 'LOCK_STORE',
    });
  });

  it('with failFast does not start without etcd', async () => {
    const module = EtcdLockModule.forRoot({
      hosts: 'http://127.0.0.1:1',
      ttl: '2s',
      failFast: true,
    });

    await expect(contextOf({ imports: [module] })).rejects.toMatchObject({
      code: 'LOCK_STORE',
    });
  });

  it('with failFast starts when the store answers', async () => {
    const app = await contextOf({
      imports: [EtcdLockModule.forRoot({ store: 'memory', failFast: true })],
    });

    expect(app.get(LockService)).toBeDefined();
  });

  it('never closes a client or a store that was handed in', async () => {
    const client = new Etcd3({ hosts: 'http://127.0.0.1:1' });
    onTestFinished(() => client.close());
    const closeClient = vi.spyOn(client, 'close');
    const store = new MemoryStore({ cluster: new MemoryCluster() });
    const closeStore = vi.spyOn(store, 'close');
    const app = await contextOf({
      imports: [
        EtcdLockModule.forRoot({ client }),
        EtcdLockModule.forRoot({ store, name: 'second' }),
      ],
    });

    await app.close();

    expect(closeClient).not.toHaveBeenCalled();
    expect(closeStore).not.toHaveBeenCalled();
  });

  it('closes the store that it opened', async () => {
    const closed = vi.spyOn(MemoryStore.prototype, 'close');
    onTestFinished(() => closed.mockRestore());
    const app = await contextOf({
      imports: [EtcdLockModule.forRoot({ store: 'memory' })],
    });

    await app.close();

    expect(closed).toHaveBeenCalledTimes(1);
  });
});

describe('the options of EtcdLockModule', () => {
  const startWith = async (options: object): Promise<LockError> => {
    const module = EtcdLockModule.forRoot(options);
    const error = await contextOf({ imports: [module] }).then(
      () => undefined,
      (failure: unknown) => failure,
    );
    if (!isLockError(error, 'LOCK_CONFIGURATION')) {
      throw new Error('expected a LockConfigurationError', { cause: error });
    }
    return error;
  };

  it('are checked together, in one error', async () => {
    const { message } = await startWith({
      hosts: 'not a host',
      namespace: 'with blank',
      ttl: '1s',
      waitTimeout: 'soon',
      shutdownGrace: -1,
      failFast: 'yes',
      preflight: 'no',
      mapError: 500,
      host: 'http://127.0.0.1:2379',
    });

    expect(message).toMatch(/"hosts" has "not a host"/);
    expect(message).toMatch(/"namespace" must be/);
    expect(message).toMatch(/"ttl" must be at least 2 s/);
    expect(message).toMatch(/"waitTimeout" must be/);
    expect(message).toMatch(/"shutdownGrace" must be/);
    expect(message).toMatch(/"failFast" must be a boolean/);
    expect(message).toMatch(/"preflight" must be a boolean/);
    expect(message).toMatch(/"mapError" must be a function/);
    expect(message).toMatch(/Unknown option "host"; did you mean "hosts"\?/);
  });

  it.each([
    [{}, /got none/],
    [{ hosts: 'http://127.0.0.1:1', store: 'memory' }, /"hosts" and "store"/],
    [{ store: 'disk' }, /"store" must be a store.*got 'disk'/],
    [{ store: MemoryStore }, /"store" must be a store.*got function/],
    [{ store: true }, /"store" must be a store.*got boolean/],
    [{ store: null }, /"store" must be a store.*got null/],
    [{ store: 'memory', tls: {} }, /"tls" goes with "hosts"/],
    [{ hosts: [] }, /names no host/],
    [{ hosts: 'https://127.0.0.1:1', tls: { ca: 'a path' } }, /no PEM/],
  ])('%j are refused', async (options, message) => {
    expect((await startWith(options)).message).toMatch(message);
  });

  it('are refused when a factory makes none', async () => {
    const module = EtcdLockModule.forRootAsync({
      useFactory: () => undefined as never,
    });

    await expect(contextOf({ imports: [module] })).rejects.toThrow(
      /must be an object/,
    );
  });

  it('name the place of what a factory cannot decide', async () => {
    const module = EtcdLockModule.forRootAsync({
      useFactory: () => ({ store: 'memory', name: 'x' }) as never,
    });

    await expect(contextOf({ imports: [module] })).rejects.toThrow(
      /"name" belongs beside the factory/,
    );
  });

  it('may not name two default modules', async () => {
    const twice = () => EtcdLockModule.forRoot({ store: 'memory' });

    await expect(contextOf({ imports: [twice(), twice()] })).rejects.toThrow(
      /more than once without a name/,
    );
  });

  it('may not give two modules one name', async () => {
    const twice = () =>
      EtcdLockModule.forRoot({ store: 'memory', name: 'reports' });

    await expect(contextOf({ imports: [twice(), twice()] })).rejects.toThrow(
      /2 EtcdLockModules named "reports"/,
    );
  });

  it('may not have an empty name', () => {
    expect(() => EtcdLockModule.forRoot({ store: 'memory', name: '' })).toThrow(
      /"name" must be a string with content/,
    );
  });

  it.each([
    ['4s', 1],
    ['5s', 0],
    [undefined, 0],
  ] as const)('a ttl of %s is warned of %i times', async (ttl, times) => {
    const warn = vi.spyOn(Logger.prototype, 'warn');
    onTestFinished(() => warn.mockRestore());

    await contextOf({
      imports: [EtcdLockModule.forRoot({ store: 'memory', ttl })],
    });

    const warnings = warn.mock.calls.filter(([text]) => /ttl/.test(text));
    expect(warnings).toHaveLength(times);
  });
});
