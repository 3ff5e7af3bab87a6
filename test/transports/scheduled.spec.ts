import { Injectable } from '@nestjs/common';
import {
  Cron,
  Interval,
  ScheduleModule,
  SchedulerRegistry,
  Timeout,
} from '@nestjs/schedule';
import { LockService } from 'nestjs-etcd-lock';
import { application } from './support/application.js';
import { ROUTED_ORDERS, SETTLED_RESULTS } from './support/cells.js';
import { lockedClass } from './support/locked-class.js';
import { describeMatrix, type Target } from './support/matrix.js';

/** Nobody waits that long: the test lets the hour strike. */
const NEW_YEAR = '0 0 1 1 *';
const LATER_MS = 2 ** 30;

type Strike = (registry: SchedulerRegistry, name: string) => unknown;

/** What Node calls when the time of a timer has come. */
const strikeTimer = (timer: Record<'_onTimeout', () => void>) =>
  timer['_onTimeout']();

function scheduled(
  name: string,
  route: (name: string) => MethodDecorator,
  strike: Strike,
): Target {
  return {
    name,
    orders: ROUTED_ORDERS,
    results: SETTLED_RESULTS,
    async start(stage, cells, locks) {
      const type = lockedClass(stage, cells, {
        route: (cell) => [route(cell.name)],
      });
      Injectable()(type);
      const app = await application({
        imports: [locks.module(), ScheduleModule.forRoot()],
        providers: [type],
      });
      await app.init();
      stage.watch(app.get(LockService));
      const registry = app.get(SchedulerRegistry);
      return {
        methodOf: ({ name }) => type.prototype[name]!,
        close: () => app.close(),
        async call(cell) {
          await strike(registry, cell.name);
          return 'silence';
        },
      };
    },
    expected: {
      value: 'silence',
      failure: 'silence',
      busy: () => 'silence',
      skipped: 'silence',
      fallback: 'silence',
    },
  };
}

describeMatrix(
  scheduled(
    'a cron job',
    (name) => Cron(NEW_YEAR, { name }),
    (registry, name) => registry.getCronJob(name).fireOnTick(),
  ),
);
describeMatrix(
  scheduled(
    'an interval',
    (name) => Interval(name, LATER_MS),
    (registry, name) => strikeTimer(registry.getInterval(name)),
  ),
);
describeMatrix(
  scheduled(
    'a timeout',
    (name) => Timeout(name, LATER_MS),
    (registry, name) => strikeTimer(registry.getTimeout(name)),
  ),
);
