import { ConflictException, Controller, Get, Param } from '@nestjs/common';
import { LockService } from 'nestjs-etcd-lock';
import { addressOf, application } from './support/application.js';
import { ALL_RESULTS, allCells, GUARDED_ORDERS } from './support/cells.js';
import { lockedClass } from './support/locked-class.js';
import { describeMatrix, type Target } from './support/matrix.js';

function http(adapter: 'express' | 'fastify'): Target {
  return {
    name: `a route on ${adapter}`,
    orders: GUARDED_ORDERS,
    results: ALL_RESULTS,
    async start(stage, cells, locks) {
      const type = lockedClass(stage, cells, {
        route: ({ name }) => [Get(`${name}/:id`)],
        parameter: () => Param('id'),
        failure: () => new ConflictException('of the method'),
      });
      Controller()(type);
      const app = await application(
        { imports: [locks.module()], controllers: [type] },
        adapter,
      );
      const address = await addressOf(app);
      stage.watch(app.get(LockService));
      return {
        methodOf: ({ name }) => type.prototype[name]!,
        close: () => app.close(),
        async call({ name }) {
          const response = await fetch(`http://${address}/${name}/id`);
          const text = await response.text();
          const value = text.startsWith('{') ? JSON.parse(text) : text;
          return response.ok
            ? { value }
            : {
                error: value,
                retryAfter: response.headers.get('Retry-After'),
              };
        },
      };
    },
    expected: {
      value: { value: 'value' },
      failure: {
        error: {
          statusCode: 409,
          error: 'Conflict',
          message: 'of the method',
        },
        retryAfter: null,
      },
      denied: {
        error: {
          statusCode: 403,
          error: 'Forbidden',
          message: 'Forbidden resource',
        },
        retryAfter: null,
      },
      busy: () => ({
        error: {
          statusCode: 423,
          error: 'Locked',
          code: 'LOCK_BUSY',
          message: 'Somebody else is at work on this. Try again later.',
        },
        retryAfter: '1',
      }),
      skipped: { value: '' },
      fallback: { value: 'fallback' },
    },
  };
}

describeMatrix(http('express'), allCells);
describeMatrix(http('fastify'));
