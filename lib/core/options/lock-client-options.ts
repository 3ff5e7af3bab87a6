import type { Clock } from '../time/clock.js';
import type { Duration } from '../api/lock.js';
import { LockConfigurationError } from '../api/errors.js';
import type { LockStore } from '../store/lock-store.js';
import { shown } from './known-options.js';

/** The options of a `LockClient`. */
export interface LockClientOptions {
  readonly store: LockStore;

  /**
   * Put before every key in etcd. Clients with different namespaces do not see each other, unless
   * one namespace begins with the other (`a/` and `a/b/`).
   *
   * @default 'locks/'
   */
  readonly namespace?: string;

  /** As of a call. @default 15 s */
  readonly ttl?: Duration;

  /** As of a call. @default 10 s */
  readonly waitTimeout?: Duration;

  /** As of a call, for those that can be kept. @default 0, which keeps nothing */
  readonly keep?: Duration;

  /**
   * How many locks may be kept at once that nobody of this client uses. Beyond that, the one goes
   * that has not been used for longest.
   *
   * @default 1000
   */
  readonly maxKept?: number;

  /** Shown by `inspect` beside host and process id. @default '' */
  readonly label?: string;

  readonly clock?: Clock;

  /** Spreads retries; between 0 and 1. @default `Math.random` */
  readonly random?: () => number;
}

export const LOCK_CLIENT_OPTION_NAMES = [
  'store',
  'namespace',
  'ttl',
  'waitTimeout',
  'keep',
  'maxKept',
  'label',
  'clock',
  'random',
] as const satisfies readonly (keyof LockClientOptions)[];

export function checkedLabel(label: unknown = ''): string {
  if (typeof label === 'string') return label;
  throw new LockConfigurationError(
    `Option "label" must be a string, got ${shown(label)}.`,
  );
}

export function checkedMaxKept(maxKept: unknown = 1000): number {
  if (Number.isSafeInteger(maxKept) && (maxKept as number) >= 0)
    return maxKept as number;
  throw new LockConfigurationError(
    `Option "maxKept" must be a whole number of at least 0, got ${shown(maxKept)}.`,
  );
}

export function checkedNamespace(namespace: string): string {
  if (typeof namespace === 'string' && /^[\x21-\x7e]+$/.test(namespace)) {
    return namespace.endsWith('/') ? namespace : `${namespace}/`;
  }
  throw new LockConfigurationError(
    `Option "namespace" must be printable ASCII without blanks, got ${typeof namespace === 'string' ? `"${namespace}"` : shown(namespace)}.`,
  );
}
