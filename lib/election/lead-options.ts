import { LockConfigurationError, type AcquireOptions } from '../core/index.js';
import {
  checkAcquireOptions,
  checkKnownOptions,
  metadataText,
  typeName,
} from '../core/internal.js';

export type TroubleListener = (error: unknown) => void;

/** The options of `LeaderElection.lead`. */
export interface LeadOptions extends Pick<AcquireOptions, 'ttl' | 'metadata'> {
  /**
   * Ends the campaign, or the leadership: its `signal` aborts, and once the work has ended it is
   * given back.
   */
  readonly signal?: AbortSignal | undefined;

  /**
   * Hears of each error that `lead` goes on after: an etcd that refuses, told again only when it
   * gives another reason; and what the work rejects with after its leadership was lost or ended
   * from outside. What it throws or rejects with itself goes to the `onTrouble` of the election.
   *
   * @default the `onTrouble` of the election
   */
  readonly onTrouble?: TroubleListener | undefined;
}

const LEAD_OPTIONS = [
  'ttl',
  'metadata',
  'signal',
  'onTrouble',
] as const satisfies readonly (keyof LeadOptions)[];

/**
 * The options, each read once, and of `metadata` what it says now: a campaign asks for its lock again
 * and again, and what their owner changes meanwhile must not end it.
 *
 * @throws {LockConfigurationError} naming the option
 */
export function takenLeadOptions(
  key: string,
  options: LeadOptions,
): LeadOptions {
  checkKnownOptions(options, LEAD_OPTIONS, key);
  const { ttl, metadata: given, signal, onTrouble } = options;
  const metadata =
    given && (JSON.parse(metadataText(given)) as LeadOptions['metadata']);
  checkAcquireOptions(key, { ttl, metadata, signal });
  if (onTrouble !== undefined) {
    checkFunction('Option "onTrouble"', onTrouble, key);
  }
  return { ttl, metadata, signal, onTrouble };
}

/** @throws {LockConfigurationError} */
export function checkFunction(what: string, value: unknown, key: string): void {
  if (typeof value === 'function') return;
  throw new LockConfigurationError(
    `${what} must be a function, got ${typeName(value)}.`,
    key,
  );
}

/** Where nobody else hears of it. */
export function warnOfTrouble(error: unknown): void {
  process.emitWarning(error instanceof Error ? error.message : String(error), {
    type: 'LeaderElection',
    code: 'LEADER_ELECTION_TROUBLE',
  });
}
