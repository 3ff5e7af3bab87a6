import { Inject } from '@nestjs/common';

/**
 * The injection token of a `LockService`: the default instance, or the one that `forRoot` was
 * given `name` for. The same symbol in the ESM and the CommonJS build.
 */
export function getLockServiceToken(name?: string): symbol {
  const forRoot =
    name === undefined ? 'forRoot' : `forRoot({ name: '${name}' })`;
  // Nest shows it to those who forgot.
  return Symbol.for(
    `LockService of nestjs-etcd-lock: import EtcdLockModule.${forRoot}`,
  );
}

/**
 * Injects the `LockService` of `EtcdLockModule.forRoot({ name })`, or the default one.
 *
 * @example
 * constructor(@InjectLockService('reports') private readonly locks: LockService) {}
 */
export function InjectLockService(
  name?: string,
): ParameterDecorator & PropertyDecorator {
  return Inject(getLockServiceToken(name));
}

/** The property of an instance under which a locked method finds its `LockService`. */
export function lockServiceProperty(name?: string): symbol {
  return Symbol.for(`LockService of @DistributedLock${suffix(name)}`);
}

function suffix(name: string | undefined): string {
  return name === undefined ? '' : `:${name}`;
}
