import {
  type CallHandler,
  type ExecutionContext,
  Inject,
  Injectable,
  type NestInterceptor,
} from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import { Observable } from 'rxjs';
import { HandlerCall } from './call/handler-call.js';
import type { LockService } from './service/lock.service.js';
import { lockedMethodOf } from './method/locked-method.js';

/**
 * Holds the lock of a handler until its result has ended: the promise, the Observable, the
 * server-sent events, the response that is sent in pieces. `@DistributedLock` puts it in front of
 * the interceptors of its method, wherever it is written; so it runs after guards, and outside
 * any interceptor of the method that commits a transaction. A key made from arguments is known
 * after pipes only: its lock is taken there, inside the interceptors, and kept until all of them
 * are done.
 *
 * Interceptors of the controller and global ones are outside the lock. To have the lock outside
 * them, name this interceptor before them; the handler's own then stands back.
 *
 * @example
 * @UseInterceptors(DistributedLockInterceptor, TransactionInterceptor)
 * @Controller('orders')
 */
@Injectable()
export class DistributedLockInterceptor implements NestInterceptor {
  constructor(@Inject(ModuleRef) private readonly moduleRef: ModuleRef) {}

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const locked = lockedMethodOf(context.getHandler());
    if (locked === undefined || HandlerCall.covers(context)) {
      return next.handle();
    }
    const method = locked.of(context.getClass());
    return new Observable((subscriber) => {
      const service = this.moduleRef.get<LockService>(method.serviceToken, {
        strict: false,
      });
      new HandlerCall(method, context, service)
        .run(next, subscriber)
        .catch((error: unknown) => subscriber.error(error));
    });
  }
}
