import {
  type ArgumentsHost,
  Catch,
  Inject,
  Injectable,
  Optional,
} from '@nestjs/common';
import { BaseExceptionFilter } from '@nestjs/core';
import { defer, mergeAll } from 'rxjs';
import { isLockError } from '../core/index.js';
import type { LockService } from './service/lock.service.js';
import { lockErrorMapper } from './transport/lock-error-mapper.js';
import { getLockServiceToken } from './service/tokens.js';
import { answerRpc, answerWs } from './transport/transport-error.js';

/** Stands for the errors of all copies of this library where Nest asks with `instanceof`. */
class AnyLockError {
  static [Symbol.hasInstance](error: unknown): boolean {
    return isLockError(error);
  }
}

/**
 * Answers callers whose handler let an error of any lock escape, as handlers do with those of their
 * own: by the `mapError` of the unnamed module, over HTTP, microservices, WebSocket and GraphQL.
 * For applications that lock in their services.
 *
 * @example
 * { provide: APP_FILTER, useClass: LockExceptionFilter }
 */
@Injectable()
@Catch(AnyLockError)
export class LockExceptionFilter extends BaseExceptionFilter {
  private readonly mapError;

  constructor(@Optional() @Inject(getLockServiceToken()) locks?: LockService) {
    super();
    this.mapError = locks?.mapError ?? lockErrorMapper();
  }

  override catch(error: unknown, host: ArgumentsHost): unknown {
    const mapped = this.mapped(error, host);
    switch (host.getType<string>()) {
      case 'http':
        return mapped.then((exception) => super.catch(exception, host));
      case 'rpc':
        return defer(async () => answerRpc(await mapped, host)).pipe(
          mergeAll(),
        );
      case 'ws':
        return mapped.then((exception) => answerWs(exception, host));
      default:
        return mapped.then((exception) => Promise.reject(exception));
    }
  }

  private async mapped(error: unknown, host: ArgumentsHost): Promise<unknown> {
    try {
      return isLockError(error) ? await this.mapError(error, host) : error;
    } catch (thrown) {
      return thrown;
    }
  }
}
