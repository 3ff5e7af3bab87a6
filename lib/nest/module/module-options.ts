import type { ConfigurableModuleAsyncOptions } from '@nestjs/common';
import type { Duration, LockStore } from '../../core/index.js';
import type { EtcdClientOptions, EtcdHostsOptions } from '../../etcd/index.js';
import type { LockErrorMapper } from '../transport/lock-error-mapper.js';

/**
 * A duration, or whatever string a configuration has for one: it is checked at start, and digits
 * alone are milliseconds.
 */
export type ConfiguredDuration = Duration | (string & {});

/** Exactly one of `hosts`, `client` and `store` says where the locks are. */
export interface EtcdLockModuleOptions {
  /**
   * One or more members of one etcd cluster, such as `'http://127.0.0.1:2379'`. The application
   * starts without them, unless `failFast` is set.
   */
  readonly hosts?: EtcdHostsOptions['hosts'] | undefined;

  /** A user of etcd, for `hosts`. */
  readonly auth?: EtcdHostsOptions['auth'];

  /** For `https` hosts, by the names of `node:tls`: `ca`, `cert`, `key`, `servername` … */
  readonly tls?: EtcdHostsOptions['tls'];

  /** An `Etcd3` of npm `etcd3` 1.1 that is yours. It is never closed. */
  readonly client?: EtcdClientOptions['client'] | undefined;

  /**
   * `'memory'` keeps the locks inside this process, for unit tests and applications that run
   * once; or a store of your own, which is never closed.
   */
  readonly store?: 'memory' | LockStore | undefined;

  /** Put before every key in etcd. @default 'locks/' */
  readonly namespace?: string | undefined;

  /**
   * How long etcd keeps the locks of a process that fell silent. At least 2 s; under 5 s a
   * warning is logged, for a short pause of the process then costs it its locks.
   *
   * @default 15 s
   */
  readonly ttl?: ConfiguredDuration | undefined;

  /** How long `acquire` and locked methods wait. @default 10 s */
  readonly waitTimeout?: ConfiguredDuration | undefined;

  /**
   * How long locks stay with this instance after their release, until somebody else asks for them:
   * see `keep` of a call. Those that cannot be kept (`shared`, `permits`, several keys,
   * `dedicatedLease`, `minHold`, `sticky`) are given back as ever.
   *
   * @default 0, which keeps nothing
   */
  readonly keep?: ConfiguredDuration | undefined;

  /** How many locks may be kept at once that nobody of this instance uses. @default 1000 */
  readonly maxKept?: number | undefined;

  /** Shown by `inspect` beside host and process id. */
  readonly label?: string | undefined;

  /** Ask etcd during start-up, and do not start if it does not answer. @default false */
  readonly failFast?: boolean | undefined;

  /**
   * Look, in the background after the start, for what is known to harm locks, and log a warning for
   * each finding: faults of this version of etcd, its members and alarms, a short `ttl`.
   *
   * @default true
   */
  readonly preflight?: boolean | undefined;

  /**
   * How long a closing application waits for the holders of locks before it takes the locks from
   * them, which takes up to 30 % of the `ttl` more, at most 5 s, where etcd does not answer. New
   * and waiting calls are refused from the beginning.
   *
   * Both have to fit into what the platform gives before it kills: 10 s with `docker stop`, 30 s
   * with Kubernetes. A process that is killed keeps its locks until their `ttl` is over.
   *
   * @default 5 s
   */
  readonly shutdownGrace?: ConfiguredDuration | undefined;

  /**
   * `false` gives everybody every lock, at once and without asking etcd: for a machine without
   * one. Nothing excludes anything any more, in this process neither. A warning says so at start.
   * The rest works as ever: handles, signals, `maxHold`, errors of options.
   *
   * @default true
   */
  readonly enabled?: boolean | undefined;

  /**
   * Lets an application start with `enabled: false` though `NODE_ENV` is `production`.
   *
   * @default false
   */
  readonly allowDisabledInProduction?: boolean | undefined;

  /**
   * What handlers throw when their own lock could not be had or was lost, over any transport.
   *
   * @default `lockErrorMapper()`
   */
  readonly mapError?: LockErrorMapper | undefined;
}

/** What stands beside the options, also in `forRootAsync`. */
export interface EtcdLockModuleExtras {
  /** Whether other modules need not import this one. @default true */
  readonly isGlobal?: boolean | undefined;

  /** Names a further instance, for `@InjectLockService(name)` and `@DistributedLock`'s `name`. */
  readonly name?: string | undefined;
}

/** For `forRootAsync({ useClass })` and `forRootAsync({ useExisting })`. */
export interface EtcdLockOptionsFactory {
  createEtcdLockOptions():
    EtcdLockModuleOptions | Promise<EtcdLockModuleOptions>;
}

/** The options of `forRootAsync`: where the options of the module come from. */
export type EtcdLockModuleAsyncOptions = EtcdLockModuleExtras &
  ConfigurableModuleAsyncOptions<
    EtcdLockModuleOptions,
    'createEtcdLockOptions'
  >;
