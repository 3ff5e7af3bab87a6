import { hostname } from 'node:os';
import type { LogLevel } from '@nestjs/common';
import type { Duration } from 'nestjs-etcd-lock';

const env = process.env;

/** What may differ from one instance or environment to the next. */
export const config = {
  instance: env.INSTANCE ?? `${hostname()}:${process.pid}`,
  port: Number(env.PORT ?? 3000),
  logLevels: (env.LOG_LEVELS ?? 'log,warn,error,fatal').split(
    ',',
  ) as LogLevel[],

  etcdHosts: (env.ETCD_ENDPOINTS ?? 'http://127.0.0.1:2379').split(','),
  shopPrefix: env.SHOP_PREFIX ?? 'shop/',
  lockNamespace: env.LOCK_NAMESPACE ?? 'locks/',
  lockTtl: (env.LOCK_TTL ?? '15s') as Duration,
  lockWaitTimeout: (env.LOCK_WAIT_TIMEOUT ?? '10s') as Duration,

  reportCron: env.REPORT_CRON ?? '0 2 * * *',
  reportMinHold: (env.REPORT_MIN_HOLD ?? '1m') as Duration,
  msPerAccount: Number(env.LEDGER_MS_PER_ACCOUNT ?? 200),
};
