import type { CanActivate, ModuleMetadata, Type } from '@nestjs/common';
import { LockConfigurationError } from '../core/index.js';
import { typeProblems, unknownOptions } from '../core/internal.js';

export interface EtcdLockBoardOptions {
  /**
   * Where the page is, without the application's global prefix. No version is put before it.
   *
   * @default 'locks'
   */
  readonly path?: string | undefined;

  /**
   * Who may see the page and, with `allowRelease`, take locks away: guards as `@UseGuards` takes
   * them, all of which must agree. A page is opened by a browser, which sends cookies or basic
   * authentication, but no header of yours.
   */
  readonly guards?: readonly (Type<CanActivate> | CanActivate)[] | undefined;

  /** The modules that have what the guards need. */
  readonly imports?: ModuleMetadata['imports'] | undefined;

  /** Whether the page may take locks away from their holders. @default false */
  readonly allowRelease?: boolean | undefined;

  /**
   * Start in production (`NODE_ENV=production`) without `guards`, because something else keeps
   * strangers away: a global guard, a proxy, a network.
   *
   * @default false
   */
  readonly allowUnguarded?: boolean | undefined;

  /** Of the `EtcdLockModule` whose locks are shown. @default the unnamed one */
  readonly name?: string | undefined;
}

const OPTIONS = [
  'path',
  'guards',
  'imports',
  'allowRelease',
  'allowUnguarded',
  'name',
] as const satisfies readonly (keyof EtcdLockBoardOptions)[];

/** @throws {LockConfigurationError} listing everything that is wrong */
export function checkBoardOptions(options: EtcdLockBoardOptions): void {
  const { path, guards = [] } = options;
  const problems = [
    ...unknownOptions(options, OPTIONS),
    ...typeProblems('path', path, 'string'),
    ...typeProblems('allowRelease', options.allowRelease, 'boolean'),
    ...typeProblems('allowUnguarded', options.allowUnguarded, 'boolean'),
    ...typeProblems('name', options.name, 'string'),
  ];
  if (typeof path === 'string' && !/^[\w.~/-]*$/.test(path)) {
    problems.push(
      `Option "path" must be a plain path such as 'ops/locks', got '${path}'.`,
    );
  }
  if (Array.isArray(guards)) {
    guards.forEach((guard: unknown, index) => {
      if (isGuard(guard)) return;
      problems.push(
        `Option "guards" must list guards: number ${index + 1} is neither a class nor an object with canActivate().`,
      );
    });
  } else {
    problems.push('Option "guards" must be an array.');
  }
  if (problems.length === 0) return;
  throw new LockConfigurationError(
    `EtcdLockBoardModule: ${problems.join(' ')}`,
  );
}

/** @throws {LockConfigurationError} where everybody could open the page, unless that is meant */
export function refuseUnguarded(options: EtcdLockBoardOptions): void {
  const { guards = [], allowUnguarded = false } = options;
  if (guards.length > 0 || allowUnguarded) return;
  if (process.env['NODE_ENV'] !== 'production') return;
  throw new LockConfigurationError(
    'EtcdLockBoardModule: in production the board needs "guards", or everybody who reaches the application sees its locks. Set "allowUnguarded: true" if something else keeps them away.',
  );
}

function isGuard(guard: unknown): boolean {
  const has = (value: unknown) =>
    typeof (value as CanActivate | undefined)?.canActivate === 'function';
  return typeof guard === 'function' ? has(guard.prototype) : has(guard);
}
