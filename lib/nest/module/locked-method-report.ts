import { Logger } from '@nestjs/common';
import type { DiscoveryService } from '@nestjs/core';
import { LockConfigurationError } from '../../core/index.js';
import {
  type LockedMethodOfClass,
  lockedMethodOf,
} from '../method/locked-method.js';
import { keyTemplate } from '../method/method-key.js';
import { type ProvidedMethod, providedMethods } from './provided-methods.js';

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
  const reported = new Set<LockedMethodOfClass>();
  const helpless = new Set<string>();
  for (const provided of providedMethods(discovery)) {
    warnOfHiddenLock(provided, serviceToken);
    const method = lockedMethodOf(provided.method)?.of(provided.type);
    if (method?.serviceToken !== serviceToken) continue;
    if (!provided.injects(method.serviceProperty)) helpless.add(method.where);
    else if (!reported.has(method)) {
      reported.add(method);
      logger.debug(lineFor(method));
    }
  }
  if (helpless.size > 0) {
    throw new LockConfigurationError(
      `${[...helpless].join(', ')} can never run: @DistributedLock needs an instance that Nest builds, and useFactory or useValue gave it another one. Provide the class itself, or build it with ModuleRef.create().`,
    );
  }
}

/** Said by the module whose lock it would have been. */
function warnOfHiddenLock(
  { method, name, type, overridden }: ProvidedMethod,
  serviceToken: symbol,
): void {
  if (lockedMethodOf(method) !== undefined) return;
  const hidden = overridden
    .map((one) => lockedMethodOf(one)?.of(type))
    .find((one) => one !== undefined);
  if (hidden?.serviceToken !== serviceToken) return;
  // What it calls through super is locked.
  if (new RegExp(`super\\.${name}\\b`).test(String(method))) return;
  logger.warn(
    `${type.name}.${name} runs without a lock: it overrides ${hidden.where}, which has one, and has no @DistributedLock of its own.`,
  );
}

function lineFor({ where, key, policy }: LockedMethodOfClass): string {
  const { onBusy, onStoreError, onLost, sticky } = policy;
  const { template, ...acquire } = policy.acquire;
  const source = keyTemplate(key);
  const named = (value: unknown) =>
    typeof value === 'function' ? 'a function' : String(value);
  const options = Object.entries({
    ...acquire,
    ...(template !== where && template !== source && { template }),
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
  return `${where} is locked by ${source} { ${options.join(', ')} }`;
}
