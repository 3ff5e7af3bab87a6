import { STATUS_CODES } from 'node:http';
import { type ArgumentsHost, HttpException, Logger } from '@nestjs/common';
import type { Duration, LockError, LockErrorCode } from '../../core/index.js';
import { checkKnownOptions, milliseconds } from '../../core/internal.js';
import {
  type ErrorBody,
  graphqlError,
  messageError,
} from './transport-error.js';

/**
 * Makes the exception of a transport out of an error of a handler's own lock, or a promise of it.
 * Return the error itself to have it thrown as it is.
 */
export type LockErrorMapper = (
  error: LockError,
  host: ArgumentsHost,
) => unknown;

const STATUS: Partial<Record<LockErrorCode, number>> = {
  LOCK_BUSY: 423,
  LOCK_TIMEOUT: 423,
  LOCK_STORE: 503,
  LOCK_CLOSED: 503,
  LOCK_LOST: 500,
};

/** What clients need to know: neither keys, which may be made from data of others, nor hosts. */
const SENTENCE: Partial<Record<LockErrorCode, string>> = {
  LOCK_BUSY: 'Somebody else is at work on this. Try again later.',
  LOCK_TIMEOUT: 'Others were at work on this for too long. Try again later.',
  LOCK_STORE:
    'The lock could not be taken: locks are not available at the moment.',
  LOCK_CLOSED: 'The lock could not be taken: the application is shutting down.',
  LOCK_LOST: 'The lock was lost while the request was being handled.',
  LOCK_CONFIGURATION: 'The request names something that cannot be locked.',
};

/** Whose messages are for clients as well, where they are to be told everything. */
const TOLD_IN_FULL: readonly LockErrorCode[] = ['LOCK_BUSY', 'LOCK_TIMEOUT'];

/** On an error: that what a caller sent made a key that cannot be. */
export const OF_REQUEST = Symbol.for('nestjs-etcd-lock/key-of-request');

/** What `lockErrorMapper` tells clients. */
export interface LockErrorMapperOptions {
  /** Of the header `Retry-After`, in whole seconds, rounded up. @default 1 s */
  readonly retryAfter?: Duration | undefined;

  /**
   * Also tell clients the key, and for a lock that is busy how long was waited for it. Keys are
   * often made from ids that not every client may see.
   *
   * @default false
   */
  readonly details?: boolean | undefined;
}

const logger = new Logger('DistributedLock');

/**
 * What the module does when it is given no `mapError`. Over HTTP: 423 for busy and timed out, 503
 * for a failing etcd and for a shutdown, both with `Retry-After`, 500 for a lost lock, and 400 for a
 * key that cannot be where a key function made it from the request, with the body
 * `{ statusCode, error, code, message }`. Microservices and WebSocket gateways answer with the error
 * `{ status: 'error', code, message }`, GraphQL with `code` in its `extensions`. The message is a
 * sentence without the key; with `details` the key is told as well. The original is the `cause`, and
 * goes to the log: as a warning where something is out of order, else for debugging. Other errors
 * and other transports get the error as it is.
 *
 * @throws {LockConfigurationError} for options that cannot be
 */
export function lockErrorMapper(
  options: Duration | LockErrorMapperOptions = {},
): LockErrorMapper {
  const given = typeof options === 'object' ? options : { retryAfter: options };
  checkKnownOptions(given, ['retryAfter', 'details']);
  const { retryAfter = '1s', details = false } = given;
  const seconds = Math.ceil(milliseconds('retryAfter', retryAfter) / 1000);
  return (error, host) => {
    const { code, key } = error;
    const statusCode = OF_REQUEST in error ? 400 : STATUS[code];
    if (statusCode === undefined) return error;
    const inFull = details && TOLD_IN_FULL.includes(code);
    const message = inFull ? error.message : SENTENCE[code]!;
    const body = { code, message, ...(details && { key }) };
    const transport = host.getType<string>();
    if (!(transport in WAYS)) return error;
    logger[code === 'LOCK_STORE' || code === 'LOCK_LOST' ? 'warn' : 'debug'](
      error.message,
    );
    if (transport !== 'http') {
      return WAYS[transport as 'rpc'](body, error);
    }
    if (statusCode === 423 || statusCode === 503) sayWhen(host, seconds);
    return new HttpException(
      { statusCode, error: STATUS_CODES[statusCode], ...body },
      statusCode,
      { cause: error },
    );
  };
}

const WAYS = {
  http: () => undefined,
  rpc: (body: ErrorBody, error: Error) => messageError('rpc', body, error),
  ws: (body: ErrorBody, error: Error) => messageError('ws', body, error),
  graphql: graphqlError,
};

/** Spelt alike by Express and Fastify. Other adapters' responses are left alone. */
function sayWhen(host: ArgumentsHost, seconds: number): void {
  host
    .switchToHttp()
    .getResponse<{ header?(name: string, value: string): void } | undefined>()
    ?.header?.('Retry-After', String(seconds));
}
