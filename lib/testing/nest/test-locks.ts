import type { DynamicModule } from '@nestjs/common';
import {
  type AcquireOptions,
  type Duration,
  type Lock,
  LockClient,
  type LockEvent,
} from '../../core/index.js';
import { milliseconds } from '../../core/internal.js';
import { MemoryStore } from '../../memory/index.js';
import { EtcdLockModule } from '../../nest/module/etcd-lock.module.js';
import {
  connectionToken,
  MODULE_OPTIONS_TOKEN,
} from '../../nest/module/etcd-lock.module-definition.js';
import { LockConnection } from '../../nest/module/lock-connection.js';
import type { LockService } from '../../nest/service/lock.service.js';
import type { EtcdLockModuleOptions } from '../../nest/module/module-options.js';
import { FaultyStore } from '../faulty-store.js';
import { ManualClock } from '../manual-clock.js';
import { heldDuring } from './held-during.js';
import { withoutDelay } from './without-delay.js';

/** The options of `TestLocks`. */
export interface TestLocksOptions {
  /** Stands for the instance of `EtcdLockModule.forRoot({ name })`. @default the unnamed one */
  readonly name?: string | undefined;
  /** To share the time of other locks. @default a clock of its own */
  readonly clock?: ManualClock | undefined;
}

/** Options of the module that mean something without etcd. */
export type TestModuleOptions = Pick<
  EtcdLockModuleOptions,
  'ttl' | 'waitTimeout' | 'mapError'
>;

/** What `Test.createTestingModule(…)` returns. */
export interface OverridableModule<Builder> {
  overrideProvider(token: symbol): {
    useFactory(options: {
      factory: (options: EtcdLockModuleOptions) => unknown;
      inject: unknown[];
    }): Builder;
  };
}

/** How long a holder may take to notice that its ticket was deleted. */
const NOTICED_AFTER_MS = 1000;

/**
 * Locks for tests of Nest applications: no etcd, and a clock that stands still until `advance`.
 * They are the real ones, on a store inside this process: they exclude, wait, time out and are
 * lost as on etcd, but only as time is moved. Applications that use one `TestLocks` are instances
 * that share an etcd.
 *
 * The application's `namespace` and `shutdownGrace` do not count: what is still held when it
 * closes is taken away at once.
 *
 * @example
 * const locks = new TestLocks();
 * const app = await locks.override(Test.createTestingModule({ imports: [AppModule] })).compile();
 *
 * @example
 * Test.createTestingModule({ imports: [locks.module()], providers: [Reports] })
 */
export class TestLocks {
  readonly clock: ManualClock;

  /** What stands for etcd. Make it fail to see what happens then; nothing is lost by it. */
  readonly store: FaultyStore;

  /** What happened to the locks of the applications, in its order. */
  readonly events: readonly LockEvent[];

  private readonly name: string | undefined;
  private readonly log: LockEvent[] = [];
  private readonly awaited = new WeakSet<LockEvent>();
  private readonly looking = new Set<() => void>();
  private readonly others: LockClient;

  constructor({ name, clock = new ManualClock() }: TestLocksOptions = {}) {
    this.name = name;
    this.clock = clock;
    this.events = this.log;
    const store = new MemoryStore({ clock });
    this.store = new FaultyStore(store, { clock });
    this.others = new LockClient({ store, clock, label: 'somebody else' });
  }

  /** In place of `EtcdLockModule.forRoot(…)`. */
  module(options: TestModuleOptions = {}): DynamicModule {
    const { name } = this;
    const module = EtcdLockModule.forRoot({
      ...options,
      store: 'memory',
      name,
    });
    const connection = {
      provide: connectionToken(name),
      inject: [MODULE_OPTIONS_TOKEN],
      useFactory: this.connect,
    };
    return { ...module, providers: [...(module.providers ?? []), connection] };
  }

  /** Puts these locks in the place of those that the modules of an application configure. */
  override<Builder>(builder: OverridableModule<Builder>): Builder {
    return builder.overrideProvider(connectionToken(this.name)).useFactory({
      factory: this.connect,
      inject: [MODULE_OPTIONS_TOKEN],
    });
  }

  /** A service for classes that a test builds by hand. */
  service(options: TestModuleOptions = {}): LockService {
    return this.connect(options).service;
  }

  /**
   * Moves the time: waits end, leases are renewed or expire. Whatever needs promises only has
   * happened when it resolves.
   */
  async advance(time: Duration): Promise<void> {
    await this.clock.advance(milliseconds('time', time));
  }

  /** Has somebody else hold the key, until it is released. Waits in the queue if it is taken. */
  holdElsewhere(key: string, options: AcquireOptions = {}): Promise<Lock> {
    return this.others.acquire(key, { waitTimeout: Infinity, ...options });
  }

  /**
   * Takes the key away from whoever holds it, and moves the time by a second, within which the
   * holder learns of it.
   *
   * @throws {Error} when nobody holds it
   */
  async lose(key: string): Promise<void> {
    const holders = await this.others.forceRelease(key);
    if (holders === 0) throw new Error(`Nobody holds "${key}".`);
    await this.clock.advance(NOTICED_AFTER_MS);
  }

  /**
   * Resolves to the next event of this type, of this key where one is named: to the first that
   * happened, or will, and that no earlier `until` was given. For tests that act once a call has come
   * so far. It waits for as long as it takes, whatever timers are faked.
   *
   * @example
   * const payment = orders.pay('42');
   * await locks.until('waiting');
   * await locks.advance('10s');
   */
  until<Type extends LockEvent['type']>(
    type: Type,
    key?: string,
  ): Promise<LockEvent & { readonly type: Type }> {
    return new Promise((resolve) => {
      const look = () => {
        const event = this.log.find(
          (one): one is LockEvent & { readonly type: Type } =>
            one.type === type &&
            (key === undefined || ('key' in one && one.key === key)) &&
            !this.awaited.has(one),
        );
        if (event === undefined) return;
        this.awaited.add(event);
        this.looking.delete(look);
        resolve(event);
      };
      this.looking.add(look);
      look();
    });
  }

  async isHeld(key: string): Promise<boolean> {
    return (await this.others.inspect(key)).holders.length > 0;
  }

  /**
   * How often the applications were given a lock. One that is entered again by its holder counts
   * once; several keys taken together are one lock, named with `, ` between them.
   */
  timesTaken(key: string): number {
    return this.log.filter(
      (event) => event.type === 'acquired' && event.key === key,
    ).length;
  }

  /**
   * `work`, for a mock, such that it fails unless the code that calls it holds `key`, and goes on
   * to hold it until `work` has ended.
   *
   * @example
   * jest.spyOn(payments, 'charge').mockImplementation(locks.heldDuring('order:1', async () => {}));
   */
  heldDuring<Args extends unknown[], Result>(
    key: string,
    work: (...args: Args) => Result,
  ): (...args: Args) => Result {
    return heldDuring(key, work);
  }

  private readonly connect = ({
    ttl,
    waitTimeout,
    mapError,
  }: TestModuleOptions): LockConnection => {
    const options = { ttl, waitTimeout, mapError };
    const connection = LockConnection.open(
      { ...options, store: this.store, shutdownGrace: 0 },
      withoutDelay(this.clock),
    );
    connection.client.subscribe((event) => {
      this.log.push(event);
      for (const look of this.looking) look();
    });
    return connection;
  };
}
