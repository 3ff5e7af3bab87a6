import {
  BullModule,
  getQueueToken,
  Processor,
  WorkerHost,
} from '@nestjs/bullmq';
import type { Queue } from 'bullmq';
import { afterAll, beforeAll, expect } from 'vitest';
import { LockService } from 'nestjs-etcd-lock';
import { application } from './support/application.js';
import { BARE_ORDERS, SETTLED_RESULTS } from './support/cells.js';
import { lockedClass } from './support/locked-class.js';
import { describeMatrix, type Outcome } from './support/matrix.js';
import { startRedis } from '../support/redis.js';

let redis: Awaited<ReturnType<typeof startRedis>>;
beforeAll(async () => {
  redis = await startRedis();
});
afterAll(() => redis?.stop());

describeMatrix({
  name: 'a processor of a queue',
  orders: BARE_ORDERS,
  results: SETTLED_RESULTS,
  async start(stage, cells, locks) {
    const processors = cells.map((cell) => {
      const type = lockedClass(stage, [{ ...cell, name: 'process' }], {
        base: WorkerHost,
      });
      Processor(cell.name)(type);
      return [cell.name, type] as const;
    });
    const app = await application({
      imports: [
        locks.module(),
        BullModule.forRoot({
          connection: { host: '127.0.0.1', port: redis.port },
        }),
        BullModule.registerQueue(...cells.map(({ name }) => ({ name }))),
      ],
      providers: processors.map(([, type]) => type),
    });
    await app.init();
    stage.watch(app.get(LockService));
    const types = Object.fromEntries(processors);
    return {
      methodOf: ({ name }) => types[name]!.prototype['process']!,
      close: () => app.close(),
      async call({ name }) {
        const { worker } = app.get<WorkerHost>(types[name]!);
        const outcome = new Promise<Outcome>((resolve) => {
          worker.removeAllListeners('completed').removeAllListeners('failed');
          worker.once('completed', (_job, value) => resolve({ value }));
          worker.once('failed', (_job, error) => resolve({ error }));
        });
        await app.get<Queue>(getQueueToken(name)).add('job', 'id');
        return outcome;
      },
    };
  },
  expected: {
    value: { value: 'value' },
    failure: { error: expect.objectContaining({ message: 'of the method' }) },
    busy: ({ lockKey }) => ({
      error: expect.objectContaining({ code: 'LOCK_BUSY', key: lockKey }),
    }),
    skipped: { value: undefined },
    fallback: { value: 'fallback' },
  },
});
