import { type ArgumentsHost, Catch } from '@nestjs/common';
import { BaseExceptionFilter } from '@nestjs/core';
import { isLockError } from '../core/index.js';
import { mapLockError } from './map-lock-error.js';

/** Stands for the errors of all copies of this library where Nest asks with `instanceof`. */
class AnyLockError {
  static [Symbol.hasInstance](error: unknown): boolean {
    return isLockError(error);
  }
}

/**
 * Answers HTTP requests whose handler let an error of any lock escape, as handlers do with those
 * of their own: 423 with `Retry-After`, 503, 500. For applications that lock in their services
 * and serve HTTP; errors of other transports are thrown on.
 *
 * @example
 * { provide: APP_FILTER, useClass: LockExceptionFilter }
 */
@Catch(AnyLockError)
export class LockExceptionFilter extends BaseExceptionFilter {
  private readonly mapError = mapLockError();

  override catch(error: unknown, host: ArgumentsHost): void {
    if (host.getType() !== 'http') throw error;
    super.catch(isLockError(error) ? this.mapError(error, host) : error, host);
  }
}
