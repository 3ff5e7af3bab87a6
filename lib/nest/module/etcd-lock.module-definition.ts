import {
  ConfigurableModuleBuilder,
  type DynamicModule,
  type Provider,
} from '@nestjs/common';
import { LockConfigurationError } from '../../core/index.js';
import { LockConnection } from './lock-connection.js';
import { LockService } from '../service/lock.service.js';
import type {
  EtcdLockModuleExtras,
  EtcdLockModuleOptions,
} from './module-options.js';
import { getLockServiceToken } from '../service/tokens.js';

/** The name of a module instance, undefined for the default one. Known inside the module only. */
export const INSTANCE_NAME = Symbol.for('nestjs-etcd-lock/instance-name');
/** The {@link LockConnection} of a module instance. Known inside the module only. */
export const CONNECTION = Symbol.for('nestjs-etcd-lock/connection');

/** The same, under a token that tells the instances apart, for tests to replace one of them. */
export function connectionToken(name?: string): symbol {
  return Symbol.for(`nestjs-etcd-lock/connection:${name ?? ''}`);
}

const EXTRAS: EtcdLockModuleExtras = { isGlobal: true, name: undefined };

export const { ConfigurableModuleClass, MODULE_OPTIONS_TOKEN } =
  new ConfigurableModuleBuilder<EtcdLockModuleOptions>({
    optionsInjectionToken: Symbol.for('nestjs-etcd-lock/options'),
  })
    .setClassMethodName('forRoot')
    .setFactoryMethodName('createEtcdLockOptions')
    .setExtras(EXTRAS, defineModule)
    .build();

function defineModule(
  definition: DynamicModule,
  { isGlobal, name }: EtcdLockModuleExtras,
): DynamicModule {
  if (name !== undefined && (typeof name !== 'string' || name === '')) {
    throw new LockConfigurationError(
      'EtcdLockModule: Option "name" must be a string with content.',
    );
  }
  const services = serviceProviders(name);
  return {
    ...definition,
    global: isGlobal ?? true,
    providers: [
      ...(definition.providers ?? []),
      { provide: INSTANCE_NAME, useValue: name },
      {
        provide: connectionToken(name),
        useFactory: (options: EtcdLockModuleOptions) =>
          LockConnection.open(options),
        inject: [MODULE_OPTIONS_TOKEN],
      },
      { provide: CONNECTION, useExisting: connectionToken(name) },
      ...services,
    ],
    exports: [
      ...(definition.exports ?? []),
      ...services.map(({ provide }) => provide),
    ],
  };
}

/** The default instance is also found by its class, in the copy of it that was loaded here. */
function serviceProviders(
  name: string | undefined,
): Exclude<Provider, Function>[] {
  const token = getLockServiceToken(name);
  const provide = name === undefined ? LockService : token;
  const service = {
    provide,
    useFactory: (connection: LockConnection) => connection.service,
    inject: [CONNECTION],
  };
  return provide === token
    ? [service]
    : [service, { provide: token, useExisting: provide }];
}
