import 'reflect-metadata';
import { setImmediate as turn } from 'node:timers/promises';
import {
  type CallHandler,
  Inject,
  Injectable,
  Module,
  type NestInterceptor,
  UseInterceptors,
} from '@nestjs/common';
import { ExternalContextCreator, NestFactory } from '@nestjs/core';
import { DistributedLock, EtcdLockModule, LockService } from 'nestjs-etcd-lock';
import { connectWorker } from '../../support/worker-port.js';

const BATCH = 3_000;

/** What Nest itself charges for an interceptor. */
@Injectable()
class PassOn implements NestInterceptor {
  intercept(_context: unknown, next: CallHandler) {
    return next.handle();
  }
}

@Injectable()
class Orders {
  constructor(@Inject(LockService) private readonly locks: LockService) {}

  byHand(id: string): Promise<string> {
    return this.locks.withLock(`order:${id}`, () => id);
  }

  @UseInterceptors(PassOn)
  intercepted(id: string): Promise<string> {
    return this.byHand(id);
  }

  @DistributedLock((id: string) => `order:${id}`)
  async decorated(id: string): Promise<string> {
    return id;
  }
}

@Module({
  imports: [EtcdLockModule.forRoot({ store: 'memory' })],
  providers: [Orders],
})
class AppModule {}

/** Of the processor, for each call: all there is to it, as nothing is waited for. */
async function microsecondsOf(
  call: (id: string) => Promise<unknown>,
): Promise<number> {
  const before = process.cpuUsage();
  for (let id = 0; id < BATCH; id++) {
    await call(`${id % 100}`);
    // The memory store answers without a turn of the event loop, and timers need one.
    if (id % 50 === 0) await turn();
  }
  const { user, system } = process.cpuUsage(before);
  return (user + system) / BATCH;
}

const port = connectWorker();
const app = await NestFactory.createApplicationContext(AppModule, {
  logger: false,
});
const orders = app.get(Orders);
const contexts = app.get(ExternalContextCreator);
/** As Nest calls handlers of any transport: guards, interceptors, pipes, then the method. */
const handler = (name: 'byHand' | 'intercepted' | 'decorated') =>
  contexts.create(
    orders,
    orders[name] as never,
    name,
    undefined,
    undefined,
    undefined,
    undefined,
    undefined,
    'rpc',
  ) as (id: string) => Promise<unknown>;

const calls = {
  plain: (id: string) => orders.byHand(id),
  decorated: (id: string) => orders.decorated(id),
  plainHandler: handler('byHand'),
  interceptedHandler: handler('intercepted'),
  decoratedHandler: handler('decorated'),
};

port.send({ type: 'ready' });
for (;;) {
  const { name } = await port.next<{ name: keyof typeof calls }>('call');
  port.send({ type: 'took', microseconds: await microsecondsOf(calls[name]) });
}
