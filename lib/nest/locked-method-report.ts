import { Logger } from '@nestjs/common';
import type { DiscoveryService } from '@nestjs/core';
import { MetadataScanner } from '@nestjs/core';
import { LockConfigurationError } from '../core/index.js';
import { type LockedMethod, lockedMethodOf } from './locked-method.js';
import { keyTemplate } from './method-key.js';

type Wrapper = ReturnType<DiscoveryService['getProviders']>[number];

const logger = new Logger('EtcdLockModule');

/**
 * Writes a line for each method that is locked through the given service to the debug log.
 *
 * @throws {LockConfigurationError} naming those that can never run, because somebody else than
 * Nest built their instance
 */
export function reportLockedMethods(
  discovery: DiscoveryService,
  serviceToken: symbol,
): void {
  const reported = new Set<LockedMethod>();
  const helpless = new Set<string>();
  const wrappers = [...discovery.getControllers(), ...discovery.getProviders()];
  for (const wrapper of wrappers) {
    for (const method of lockedMethodsOf(wrapper)) {
      if (method.serviceToken !== serviceToken) continue;
      if (!canBeLocked(wrapper, method)) helpless.add(method.where);
      else if (!reported.has(method)) {
        reported.add(method);
        logger.debug(lineFor(method));
      }
    }
  }
  if (helpless.size > 0) {
    throw new LockConfigurationError(
      `${[...helpless].join(', ')} can never run: @DistributedLock needs an instance that Nest builds, and useFactory or useValue gave it another one. Provide the class itself, or build it with ModuleRef.create().`,
    );
  }
}

function lockedMethodsOf(wrapper: Wrapper): LockedMethod[] {
  const prototype = prototypeOf(wrapper);
  if (!prototype) return [];
  return new MetadataScanner()
    .getAllMethodNames(prototype)
    .map((name) => lockedMethodOf(prototype[name] as Function))
    .filter((method) => method !== undefined);
}

function prototypeOf(wrapper: Wrapper): Record<string, unknown> | undefined {
  if (!wrapper.isNotMetatype) return wrapper.metatype?.prototype;
  const { instance } = wrapper;
  return typeof instance === 'object' && instance !== null
    ? Object.getPrototypeOf(instance)
    : undefined;
}

/** Classes that Nest builds are injected; other instances may have been built by Nest elsewhere. */
function canBeLocked(wrapper: Wrapper, method: LockedMethod): boolean {
  return (
    !wrapper.isNotMetatype ||
    !wrapper.isDependencyTreeStatic() ||
    wrapper.instance?.[method.serviceProperty] !== undefined
  );
}

function lineFor({ where, key, policy }: LockedMethod): string {
  const { acquire, onBusy, onStoreError, onLost, sticky } = policy;
  const named = (value: unknown) =>
    typeof value === 'function' ? 'a function' : String(value);
  const options = Object.entries({
    ...acquire,
    onBusy,
    onStoreError,
    onLost,
    ...(sticky && { sticky }),
  })
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) =>
      typeof value === 'object'
        ? `${name}: ${JSON.stringify(value)}`
        : `${name}: ${named(value)}`,
    );
  return `${where} is locked by ${keyTemplate(key)} { ${options.join(', ')} }`;
}
