import {
  type DynamicModule,
  Inject,
  Module,
  type OnApplicationShutdown,
  type OnModuleInit,
} from '@nestjs/common';
import { DiscoveryModule, DiscoveryService } from '@nestjs/core';
import { lockedMethodOf } from '../../nest/method/locked-method.js';
import type { LockService } from '../../nest/service/lock.service.js';
import { providedMethods } from '../../nest/module/provided-methods.js';
import { getLockServiceToken } from '../../nest/service/tokens.js';
import { instrumentLocks, type TelemetryOptions } from '../instrument-locks.js';
import { publishLockEvents } from '../publish-lock-events.js';

/** The options of `EtcdLockTelemetryModule.forRoot`. */
export interface EtcdLockTelemetryModuleOptions extends Omit<
  TelemetryOptions,
  'templates'
> {
  /** Of the `EtcdLockModule` to observe. @default the unnamed one */
  readonly name?: string | undefined;
}

const OPTIONS = Symbol.for('nestjs-etcd-lock/telemetry-options');
const LOCKS = Symbol.for('nestjs-etcd-lock/telemetry-locks');

/**
 * Metrics and traces of an application's locks, as {@link instrumentLocks} makes them, and the
 * events as {@link publishLockEvents} does. Needs an `EtcdLockModule` that is global too. The
 * templates of all decorated methods are known from the start. Import it once for each
 * `EtcdLockModule`.
 *
 * @throws {LockConfigurationError} at start-up: without the package `@opentelemetry/api`, for
 * options that cannot be, when the locks are observed already
 *
 * @example
 * imports: [EtcdLockModule.forRoot({ hosts }), EtcdLockTelemetryModule.forRoot()]
 */
@Module({ imports: [DiscoveryModule] })
export class EtcdLockTelemetryModule
  implements OnModuleInit, OnApplicationShutdown
{
  private stops: (() => void)[] = [];

  constructor(
    @Inject(LOCKS) private readonly locks: LockService,
    @Inject(OPTIONS) private readonly options: EtcdLockTelemetryModuleOptions,
    @Inject(DiscoveryService) private readonly discovery: DiscoveryService,
  ) {}

  static forRoot(options: EtcdLockTelemetryModuleOptions = {}): DynamicModule {
    return {
      module: EtcdLockTelemetryModule,
      // Global modules are initialised first: nobody's onModuleInit goes unheard.
      global: true,
      providers: [
        { provide: OPTIONS, useValue: { ...options } },
        { provide: LOCKS, useExisting: getLockServiceToken(options.name) },
      ],
    };
  }

  async onModuleInit(): Promise<void> {
    const { client } = this.locks;
    const { name, ...options } = this.options;
    const templates = this.templatesOf(getLockServiceToken(name));
    this.stops = [
      await instrumentLocks(client, { ...options, templates }),
      publishLockEvents(client),
    ];
  }

  onApplicationShutdown(): void {
    for (const stop of this.stops) stop();
  }

  private templatesOf(serviceToken: symbol): Set<string> {
    const templates = new Set<string>();
    for (const { method, type } of providedMethods(this.discovery)) {
      const locked = lockedMethodOf(method)?.of(type);
      if (locked?.serviceToken !== serviceToken) continue;
      templates.add(locked.policy.acquire.template);
    }
    return templates;
  }
}
