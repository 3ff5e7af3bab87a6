import { Injectable } from '@nestjs/common';
import {
  EventEmitter2,
  EventEmitterModule,
  OnEvent,
} from '@nestjs/event-emitter';
import { expect } from 'vitest';
import { LockService } from 'nestjs-etcd-lock';
import { application } from './support/application.js';
import { ROUTED_ORDERS, SETTLED_RESULTS } from './support/cells.js';
import { failure, lockedClass } from './support/locked-class.js';
import { describeMatrix } from './support/matrix.js';

describeMatrix({
  name: 'a listener of events',
  orders: ROUTED_ORDERS,
  results: SETTLED_RESULTS,
  async start(stage, cells, locks) {
    const type = lockedClass(stage, cells, {
      route: ({ name }) => [OnEvent(name, { suppressErrors: false })],
    });
    Injectable()(type);
    const app = await application({
      imports: [locks.module(), EventEmitterModule.forRoot()],
      providers: [type],
    });
    await app.init();
    stage.watch(app.get(LockService));
    const events = app.get(EventEmitter2);
    return {
      methodOf: ({ name }) => type.prototype[name]!,
      close: () => app.close(),
      async call({ name }) {
        try {
          return { value: await events.emitAsync(name, 'id') };
        } catch (error) {
          return { error };
        }
      },
    };
  },
  expected: {
    value: { value: ['value'] },
    failure: { error: failure() },
    busy: ({ lockKey }) => ({
      error: expect.objectContaining({ code: 'LOCK_BUSY', key: lockKey }),
    }),
    skipped: { value: [undefined] },
    fallback: { value: ['fallback'] },
  },
});
