import { STATUS_CODES } from 'node:http';
import { type ArgumentsHost, HttpException } from '@nestjs/common';
import type { Duration, LockError, LockErrorCode } from '../../core/index.js';
import { milliseconds } from '../../core/internal.js';
import { graphqlError, messageError } from './transport-error.js';

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

/** Where the error's own message speaks of hosts and leases, which no client needs to know. */
const PUBLIC_MESSAGE: Partial<Record<LockErrorCode, string>> = {
  LOCK_STORE:
    'The lock could not be taken: locks are not available at the moment.',
  LOCK_CLOSED: 'The lock could not be taken: the application is shutting down.',
  LOCK_LOST: 'The lock was lost while the request was being handled.',
};

/**
 * What the module does when it is given no `mapError`. Over HTTP: 423 for busy and timed out, 503
 * for a failing etcd and for a shutdown, both with `Retry-After`, and 500 for a lost lock, with the
 * body `{ statusCode, error, code, message, key }`. Microservices and WebSocket gateways answer
 * with the error `{ status: 'error', code, message, key }`, GraphQL with `extensions` of `code` and
 * `key`. The original is the `cause`. Other errors and other transports get the error as it is.
 */
export function lockErrorMapper(retryAfter: Duration = '1s'): LockErrorMapper {
  const seconds = Math.ceil(milliseconds('retryAfter', retryAfter) / 1000);
  return (error, host) => {
    const statusCode = STATUS[error.code];
    if (statusCode === undefined) return error;
    const { code, key } = error;
    const message = PUBLIC_MESSAGE[code] ?? error.message;
    const body = { code, message, key };
    switch (host.getType<string>()) {
      case 'http':
        if (statusCode !== 500) sayWhen(host, seconds);
        return new HttpException(
          { statusCode, error: STATUS_CODES[statusCode], ...body },
          statusCode,
          { cause: error },
        );
      case 'rpc':
        return messageError('rpc', body, error);
      case 'ws':
        return messageError('ws', body, error);
      case 'graphql':
        return graphqlError(body, error);
      default:
        return error;
    }
  };
}

/** Spelt alike by Express and Fastify. Other adapters' responses are left alone. */
function sayWhen(host: ArgumentsHost, seconds: number): void {
  host
    .switchToHttp()
    .getResponse<{ header?(name: string, value: string): void } | undefined>()
    ?.header?.('Retry-After', String(seconds));
}
