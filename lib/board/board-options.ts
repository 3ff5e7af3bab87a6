import type { CanActivate, ModuleMetadata, Type } from '@nestjs/common';
import { LockConfigurationError } from '../core/index.js';
import { typeProblems, unknownOptions } from '../core/internal.js';
import { isHost } from './allowed-hosts.js';

/** The options of `EtcdLockBoardModule.forRoot`. */
export interface EtcdLockBoardOptions {
  /**
   * Where the page is, without the application's global prefix. No version is put before it.
   *
   * @default 'locks'
   */
  readonly path?: string | undefined;

  /**
   * Who may see the page: guards as `@UseGuards` takes them, all of which must agree. A page is
   * opened by a browser, which sends cookies or basic authentication, but no header of yours.
   */
  readonly guards?: readonly (Type<CanActivate> | CanActivate)[] | undefined;

  /**
   * Who may take locks away, with `allowRelease`: further guards, which are asked after `guards`
   * and must agree as well.
   *
   * @default none: whoever sees the page
   */
  readonly releaseGuards?:
    readonly (Type<CanActivate> | CanActivate)[] | undefined;

  /**
   * The hosts under which browsers reach the board, as `Host` says them: `'ops.example.com'` on any
   * port, or `'localhost:3000'` on that one. A request for another host is answered 403, so that no
   * foreign name that somebody points at the application opens it in an operator's browser.
   * Behind a proxy that changes `Host`, what the proxy sends.
   *
   * Needed where there are no `guards`, unless the board runs for development: then, without it,
   * `localhost` and addresses such as `127.0.0.1` are allowed alone.
   *
   * @default any, with `guards`
   */
  readonly allowedHosts?: readonly string[] | undefined;

  /** The modules that have what the guards need. */
  readonly imports?: ModuleMetadata['imports'] | undefined;

  /** Whether the page may take locks away from their holders. @default false */
  readonly allowRelease?: boolean | undefined;

  /**
   * Start in production (`NODE_ENV=production`) without `guards`, because something else keeps
   * strangers away: a global guard, a proxy, a network. Then `allowedHosts` has to be given.
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
  'releaseGuards',
  'allowedHosts',
  'imports',
  'allowRelease',
  'allowUnguarded',
  'name',
] as const satisfies readonly (keyof EtcdLockBoardOptions)[];

/** @throws {LockConfigurationError} listing everything that is wrong */
export function checkBoardOptions(options: EtcdLockBoardOptions): void {
  const { path } = options;
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
  problems.push(
    ...guardProblems('guards', options.guards),
    ...guardProblems('releaseGuards', options.releaseGuards),
    ...hostProblems(options.allowedHosts),
  );
  if (options.releaseGuards !== undefined && options.allowRelease !== true) {
    problems.push('Option "releaseGuards" goes with "allowRelease: true".');
  }
  if (problems.length === 0) return;
  throw new LockConfigurationError(
    `EtcdLockBoardModule: ${problems.join(' ')}`,
  );
}

/** @throws {LockConfigurationError} where everybody could open the page, unless that is meant */
export function refuseUnguarded(options: EtcdLockBoardOptions): void {
  const { guards = [], allowUnguarded = false, allowedHosts } = options;
  if (guards.length > 0) return;
  if (process.env['NODE_ENV'] !== 'production') return;
  if (!allowUnguarded) {
    throw new LockConfigurationError(
      'EtcdLockBoardModule: in production the board needs "guards", or everybody who reaches the application sees its locks. Set "allowUnguarded: true" if something else keeps them away.',
    );
  }
  if (allowedHosts !== undefined) return;
  throw new LockConfigurationError(
    'EtcdLockBoardModule: a board without "guards" needs "allowedHosts", such as [\'ops.example.com\']. A network that keeps strangers away does not keep away the browsers inside it, which any site can lead to the application under a name of its own (DNS rebinding).',
  );
}

function guardProblems(option: string, guards: unknown = []): string[] {
  if (!Array.isArray(guards)) return [`Option "${option}" must be an array.`];
  return guards.flatMap((guard: unknown, index) =>
    isGuard(guard)
      ? []
      : `Option "${option}" must list guards: number ${index + 1} is neither a class nor an object with canActivate().`,
  );
}

function hostProblems(hosts: unknown): string[] {
  if (hosts === undefined) return [];
  if (!Array.isArray(hosts) || hosts.length === 0) {
    return ['Option "allowedHosts" must be an array with at least one host.'];
  }
  return hosts.flatMap((host: unknown) =>
    isHost(host)
      ? []
      : `Option "allowedHosts" must list hosts such as 'ops.example.com' or 'localhost:3000', got ${JSON.stringify(host)}.`,
  );
}

function isGuard(guard: unknown): boolean {
  const has = (value: unknown) =>
    typeof (value as CanActivate | undefined)?.canActivate === 'function';
  return typeof guard === 'function' ? has(guard.prototype) : has(guard);
}
