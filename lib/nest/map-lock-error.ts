import { STATUS_CODES } from 'node:http';
import { type ArgumentsHost, HttpException } from '@nestjs/common';
import {
  type Duration,
  isLockError,
  type LockError,
  type LockErrorCode,
} from '../core/index.js';
import { milliseconds } from '../core/duration.js';

/**
 * Makes the exception of a transport out of an error of a handler's own lock. Return the error
 * itself to have it thrown as it is.
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

/** Where the error's own message speaks of hosts and leases, which no client needs to know. */
const PUBLIC_MESSAGE: Partial<Record<LockErrorCode, string>> = {
  LOCK_STORE:
    'The lock could not be taken: locks are not available at the moment.',
  LOCK_CLOSED: 'The lock could not be taken: the application is shutting down.',
  LOCK_LOST: 'The lock was lost while the request was being handled.',
};

/**
 * What the module does when it is given no `mapError`. Over HTTP: 423 for busy and timed out, 503
 * for a failing etcd and for a shutdown, both with `Retry-After`, and 500 for a lost lock. The
 * body is `{ statusCode, error, code, message, key }`, the original is the `cause`. Other errors
 * and other transports get the error as it is.
 */
export function mapLockError(retryAfter: Duration = '1s'): LockErrorMapper {
  const seconds = Math.ceil(milliseconds('retryAfter', retryAfter) / 1000);
  return (error, host) => {
    const statusCode = STATUS[error.code];
    if (host.getType() !== 'http' || statusCode === undefined) return error;
    if (statusCode !== 500) {
      // Spelt alike by Express and Fastify. Other adapters' responses are left alone.
      host
        .switchToHttp()
        .getResponse<
          { header?(name: string, value: string): void } | undefined
        >()
        ?.header?.('Retry-After', String(seconds));
    }
    const { code, key, message: ownMessage } = error;
    const message = PUBLIC_MESSAGE[code] ?? ownMessage;
    return new HttpException(
      { statusCode, error: STATUS_CODES[statusCode], code, message, key },
      statusCode,
      { cause: error },
    );
  };
}

/** Applies the mapper to errors of this library, and to nothing else. */
export function mapped(
  error: unknown,
  host: ArgumentsHost,
  mapper: LockErrorMapper,
): unknown {
  return isLockError(error) ? mapper(error, host) : error;
}
