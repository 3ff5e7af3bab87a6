import {
  type BeforeApplicationShutdown,
  type DynamicModule,
  Inject,
  Module,
  type OnApplicationShutdown,
  type OnModuleDestroy,
  type OnModuleInit,
} from '@nestjs/common';
import { DiscoveryModule, DiscoveryService } from '@nestjs/core';
import { LockConfigurationError } from '../../core/index.js';
import {
  ConfigurableModuleClass,
  CONNECTION,
  INSTANCE_NAME,
} from './etcd-lock.module-definition.js';
import type { LockConnection } from './lock-connection.js';
import { logLockEvents } from './lock-event-log.js';
import { reportLockedMethods } from './locked-method-report.js';
import type {
  EtcdLockModuleAsyncOptions,
  EtcdLockModuleExtras,
  EtcdLockModuleOptions,
} from './module-options.js';
import { getLockServiceToken } from '../service/tokens.js';

/**
 * The locks of an application. Global unless `isGlobal: false`; with `name` a further instance.
 *
 * When the application closes, calls and waiters are refused in `onModuleDestroy`, holders are
 * waited for and then relieved of their locks in `beforeApplicationShutdown`, and what was opened
 * is closed in `onApplicationShutdown`. No signal handlers are set: call `enableShutdownHooks()`,
 * or a killed instance keeps its locks until their TTL is over.
 */
@Module({ imports: [DiscoveryModule] })
export class EtcdLockModule
  extends ConfigurableModuleClass
  implements
    OnModuleInit,
    OnModuleDestroy,
    BeforeApplicationShutdown,
    OnApplicationShutdown
{
  constructor(
    @Inject(CONNECTION) private readonly connection: LockConnection,
    @Inject(INSTANCE_NAME) private readonly name: string | undefined,
    @Inject(DiscoveryService) private readonly discovery: DiscoveryService,
  ) {
    super();
  }

  /**
   * @throws {LockConfigurationError} at start-up, listing everything that is wrong with the
   * options, or when an application has two instances of one name
   *
   * @example
   * EtcdLockModule.forRoot({ hosts: 'http://127.0.0.1:2379' })
   */
  static override forRoot(
    options: EtcdLockModuleOptions & EtcdLockModuleExtras,
  ): DynamicModule {
    // What is missing is said at start-up, with everything else that is wrong.
    return super.forRoot(options ?? {});
  }

  /**
   * @throws {LockConfigurationError} as {@link forRoot}
   *
   * @example
   * EtcdLockModule.forRootAsync({
   *   imports: [ConfigModule],
   *   inject: [ConfigService],
   *   useFactory: (config: ConfigService) => ({ hosts: config.getOrThrow('ETCD_HOSTS') }),
   * })
   */
  static override forRootAsync(
    options: EtcdLockModuleAsyncOptions,
  ): DynamicModule {
    if (typeof options !== 'object' || options === null) {
      throw new LockConfigurationError(
        'EtcdLockModule.forRootAsync takes an object with useFactory, useClass or useExisting.',
      );
    }
    return super.forRootAsync(options);
  }

  async onModuleInit(): Promise<void> {
    const { client, options } = this.connection;
    try {
      this.refuseNamesake();
      reportLockedMethods(this.discovery, getLockServiceToken(this.name));
      if (options.failFast) await client.ping();
    } catch (error) {
      await this.connection.close();
      throw error;
    }
    logLockEvents(client);
    this.connection.check();
  }

  onModuleDestroy(): void {
    this.connection.drain();
  }

  async beforeApplicationShutdown(): Promise<void> {
    const { client, shutdownGrace } = this.connection;
    await client.releaseAll(shutdownGrace);
  }

  async onApplicationShutdown(): Promise<void> {
    await this.connection.close();
  }

  private refuseNamesake(): void {
    const token = getLockServiceToken(this.name);
    const namesakes = this.discovery
      .getProviders()
      .filter((provider) => provider.token === token);
    if (namesakes.length === 1) return;
    throw new LockConfigurationError(
      this.name === undefined
        ? 'This application imports EtcdLockModule.forRoot() or forRootAsync() more than once without a name. Import it once, or give the others a name.'
        : `This application has ${namesakes.length} EtcdLockModules named "${this.name}".`,
    );
  }
}
