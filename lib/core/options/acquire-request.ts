import type { LockMode } from '../api/lock.js';
import type { Duration } from '../api/lock.js';
import { milliseconds } from './duration.js';
import { LockConfigurationError } from '../api/errors.js';
import { takenKeys } from './key.js';
import { checkKnownOptions, shown, typeName } from './known-options.js';
import type { AcquireOptions, LockKey, LockMetadata } from '../api/lock.js';
import type { CallEvent } from '../api/lock-events.js';

const SHORTEST_TTL_MS = 2000;
const LONGEST_METADATA = 4096;
const LONGEST_TRACE = 512;

/** What one call asks for, checked and in milliseconds. */
export interface AcquireRequest extends CallEvent {
  /** Each once. Frozen. */
  readonly keys: readonly string[];
  /** Of the queues of the keys in etcd, in the same order. */
  readonly prefixes: readonly string[];
  readonly lockMode: LockMode;
  readonly ttlMs: number;
  /** `0` tries once. */
  readonly waitMs: number;
  /** When to give up, also on a store that does not answer. */
  readonly patienceMs: number;
  readonly minHoldMs: number;
  readonly maxHoldMs: number;
  /** For how long the ticket may stand after the release; `0` is not at all. */
  readonly keepMs: number;
  readonly dedicatedLease: boolean;
  /** As JSON. */
  readonly metadata: string | undefined;
  readonly signal: AbortSignal | undefined;
}

export interface AcquireDefaults {
  readonly namespace: string;
  readonly ttlMs: number;
  readonly waitMs: number;
  readonly requestTimeoutMs: number;
  readonly keepMs: number;
}

export const ACQUIRE_OPTION_NAMES = [
  'ttl',
  'waitTimeout',
  'signal',
  'mode',
  'permits',
  'minHold',
  'maxHold',
  'keep',
  'dedicatedLease',
  'metadata',
  'template',
] as const satisfies readonly (keyof AcquireOptions)[];

/**
 * Takes in what the caller hands over: checks everything there is to check before anything is sent,
 * reads each option once, and keeps nothing that the caller can change or whose code runs later.
 * So nothing of a request can fail once others stand behind it.
 *
 * @throws {LockConfigurationError} naming the key or the option
 */
export function acquireRequest(
  key: LockKey,
  options: AcquireOptions,
  defaults: AcquireDefaults,
  call = 0,
  waitMsByDefault = defaults.waitMs,
): AcquireRequest {
  const { keys, encoded } = takenKeys(key);
  const name = keys.length === 1 ? keys[0]! : keys.join(', ');
  checkKnownOptions(options, ACQUIRE_OPTION_NAMES, name);
  const {
    ttl,
    waitTimeout,
    signal,
    mode,
    permits,
    minHold,
    maxHold,
    keep,
    dedicatedLease,
    metadata,
    template,
  } = options;
  const waitMs = optional('waitTimeout', waitTimeout) ?? waitMsByDefault;
  const minHoldMs = optional('minHold', minHold) ?? 0;
  const maxHoldMs = optional('maxHold', maxHold) ?? Infinity;
  if (maxHoldMs < minHoldMs || maxHoldMs === 0) {
    throw new LockConfigurationError(
      `Option "maxHold" (${maxHoldMs} ms) must be more than zero and not less than "minHold" (${minHoldMs} ms).`,
    );
  }
  if (minHoldMs === Infinity) {
    throw new LockConfigurationError('Option "minHold" must be finite.');
  }
  const lockMode = lockModeOf(mode, permits);
  const dedicated = checkedDedicatedLease(dedicatedLease);
  const unkeepable = [
    lockMode.mode === 'exclusive' ? [] : lockMode.mode,
    keys.length === 1 ? [] : 'several keys',
    dedicated ? 'dedicatedLease' : [],
    minHoldMs === 0 ? [] : 'minHold',
  ].flat();
  return {
    call,
    template: checkedTemplate(template),
    key: name,
    keys,
    prefixes: encoded.map((one) => `${defaults.namespace}${one}/`),
    lockMode,
    ttlMs: ttl === undefined ? defaults.ttlMs : ttlMilliseconds(ttl),
    waitMs,
    patienceMs: waitMs === 0 ? defaults.requestTimeoutMs : waitMs,
    minHoldMs,
    maxHoldMs,
    keepMs: keepMilliseconds(keep, defaults.keepMs, unkeepable),
    dedicatedLease: dedicated,
    metadata: metadata === undefined ? undefined : metadataText(metadata),
    signal: checkedSignal(signal),
  };
}

/**
 * Checks a key and options that are used later.
 *
 * @throws {LockConfigurationError} naming the key or the option
 */
export function checkAcquireOptions(
  key: LockKey,
  options: AcquireOptions,
): void {
  acquireRequest(key, options, {
    namespace: '',
    ttlMs: 0,
    waitMs: 0,
    requestTimeoutMs: 0,
    keepMs: 0,
  });
}

export function aboutCall({ call, key, template }: CallEvent): CallEvent {
  return { call, key, template };
}

/** @throws {LockConfigurationError} below 2 s, the shortest TTL of an etcd with its defaults */
export function ttlMilliseconds(ttl: Duration): number {
  const ms = milliseconds('ttl', ttl);
  if (ms >= SHORTEST_TTL_MS && ms <= 2 ** 31) return ms;
  throw new LockConfigurationError(
    `Option "ttl" must be at least 2 s and finite, got ${ms} ms: etcd grants no less.`,
  );
}

/** What the client keeps by default it keeps where that is possible; what a call asks for has to be. */
function keepMilliseconds(
  keep: Duration | undefined,
  byDefault: number,
  unkeepable: readonly string[],
): number {
  const ms = optional('keep', keep);
  if (unkeepable.length === 0) return ms ?? byDefault;
  if (ms === undefined || ms === 0) return 0;
  throw new LockConfigurationError(
    `Option "keep" is for exclusive locks on one key, and does not go with ${unkeepable.join(', ')}.`,
  );
}

function optional(
  name: string,
  duration: Duration | undefined,
): number | undefined {
  return duration === undefined ? undefined : milliseconds(name, duration);
}

function lockModeOf(mode: unknown, permits: unknown): LockMode {
  if (mode !== undefined && mode !== 'exclusive' && mode !== 'shared') {
    throw new LockConfigurationError(
      `Option "mode" must be 'exclusive' or 'shared', got ${shown(mode)}.`,
    );
  }
  if (permits === undefined) return { mode: mode ?? 'exclusive' };
  if (!isWhole(permits)) {
    throw new LockConfigurationError(
      `Option "permits" must be a whole number of at least 1, got ${shown(permits)}.`,
    );
  }
  if (mode !== undefined) {
    throw new LockConfigurationError(
      'Options "mode" and "permits" exclude each other.',
    );
  }
  return { mode: 'permits', permits };
}

function isWhole(permits: unknown): permits is number {
  return Number.isSafeInteger(permits) && (permits as number) >= 1;
}

/**
 * Metadata as it stands in tickets. Written down once: objects may have code that runs then, and may
 * change later.
 *
 * @throws {LockConfigurationError} for what is no object in JSON, or longer than 4 KiB there
 */
export function metadataText(metadata: LockMetadata): string {
  let json: string | undefined;
  try {
    json = JSON.stringify(metadata);
  } catch (cause) {
    throw new LockConfigurationError(
      'Option "metadata" cannot be written as JSON.',
      '',
      {
        cause,
      },
    );
  }
  if (json === undefined || !json.startsWith('{')) {
    throw new LockConfigurationError(
      'Option "metadata" must be a plain object.',
    );
  }
  const length = Buffer.byteLength(json);
  if (length > LONGEST_METADATA) {
    throw new LockConfigurationError(
      `Option "metadata" must not be longer than ${LONGEST_METADATA} bytes as JSON, got ${length}.`,
    );
  }
  return json;
}

/** What a ticket says of a trace: text that is not too long, or nothing. */
export function traceText(trace: unknown): string | undefined {
  return typeof trace === 'string' && trace.length <= LONGEST_TRACE
    ? trace
    : undefined;
}

function checkedTemplate(template: unknown): string | undefined {
  if (template === undefined) return undefined;
  if (typeof template === 'string' && template !== '') return template;
  throw new LockConfigurationError(
    `Option "template" must be a string that is not empty, got ${template === '' ? 'an empty one' : typeName(template)}.`,
  );
}

function checkedDedicatedLease(dedicated: unknown = false): boolean {
  if (typeof dedicated === 'boolean') return dedicated;
  throw new LockConfigurationError(
    `Option "dedicatedLease" must be true or false, got ${shown(dedicated)}.`,
  );
}

function checkedSignal(signal: unknown): AbortSignal | undefined {
  if (signal === undefined) return undefined;
  const { aborted, addEventListener, removeEventListener } = (signal ??
    {}) as Partial<AbortSignal>;
  if (
    typeof aborted === 'boolean' &&
    typeof addEventListener === 'function' &&
    typeof removeEventListener === 'function'
  ) {
    return signal as AbortSignal;
  }
  throw new LockConfigurationError('Option "signal" must be an AbortSignal.');
}
