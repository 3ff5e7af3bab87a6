import { Logger } from '@nestjs/common';
import { LockConfigurationError, type AcquireOptions } from '../core/index.js';
import {
  checkAcquireOptions,
  checkKnownOptions,
  typeName,
} from '../core/internal.js';

export interface LeadOptions extends Pick<AcquireOptions, 'ttl' | 'metadata'> {
  /**
   * Ends the campaign, or the leadership: its `signal` aborts, and once the work has ended it is
   * given back.
   */
  readonly signal?: AbortSignal | undefined;

  /**
   * Hears of each error that `lead` goes on after: an etcd that refuses, told again only when it
   * gives another reason; and what the work rejects with after its leadership was lost or ended
   * from outside. What it throws or rejects with itself is logged.
   *
   * @default writes a warning to Nest's log
   */
  readonly onTrouble?: ((error: unknown) => void) | undefined;
}

const LEAD_OPTIONS = [
  'ttl',
  'metadata',
  'signal',
  'onTrouble',
] as const satisfies readonly (keyof LeadOptions)[];

/** @throws {LockConfigurationError} naming the option */
export function checkLeadOptions(key: string, options: LeadOptions): void {
  checkKnownOptions(options, LEAD_OPTIONS, key);
  const { ttl, metadata, signal } = options;
  checkAcquireOptions(key, { ttl, metadata, signal });
  if (options.onTrouble !== undefined) {
    checkFunction('Option "onTrouble"', options.onTrouble, key);
  }
}

/** @throws {LockConfigurationError} */
export function checkFunction(what: string, value: unknown, key: string): void {
  if (typeof value === 'function') return;
  throw new LockConfigurationError(
    `${what} must be a function, got ${typeName(value)}.`,
    key,
  );
}

const logger = new Logger('LeaderElection');

export function logTrouble(error: unknown): void {
  logger.warn(error instanceof Error ? error.message : error);
}
