import { Logger, Module } from '@nestjs/common';
import { APP_FILTER } from '@nestjs/core';
import { ScheduleModule } from '@nestjs/schedule';
import { TerminusModule } from '@nestjs/terminus';
import { EtcdLockModule, LockExceptionFilter } from 'nestjs-etcd-lock';
import { EtcdLockBoardModule } from 'nestjs-etcd-lock/board';
import { EtcdLockHealthIndicator } from 'nestjs-etcd-lock/health';
import { config } from './config.js';
import { EtcdModule } from './etcd/etcd.module.js';
import { HealthController } from './health.controller.js';
import { IdsModule } from './ids/ids.module.js';
import { LedgerModule } from './ledger/ledger.module.js';
import { LockLog } from './lock-log.js';
import { MetricsModule } from './metrics/metrics.module.js';
import { OrdersModule } from './orders/orders.module.js';
import { PartitionsModule } from './partitions/partitions.module.js';
import { ReportsModule } from './reports/reports.module.js';

@Module({
  imports: [
    EtcdLockModule.forRoot({
      hosts: config.etcdHosts,
      namespace: config.lockNamespace,
      ttl: config.lockTtl,
      waitTimeout: config.lockWaitTimeout,
      label: config.instance,
    }),
    // It listens on 127.0.0.1 only; elsewhere, give the board guards.
    EtcdLockBoardModule.forRoot({
      allowRelease: true,
      allowUnguarded: true,
      allowedHosts: ['localhost', '127.0.0.1'],
    }),
    ScheduleModule.forRoot(),
    TerminusModule.forRoot({ logger: Logger }),
    EtcdModule,
    MetricsModule,
    OrdersModule,
    IdsModule,
    ReportsModule,
    LedgerModule,
    PartitionsModule,
  ],
  controllers: [HealthController],
  providers: [
    EtcdLockHealthIndicator,
    LockLog,
    { provide: APP_FILTER, useClass: LockExceptionFilter },
  ],
})
export class AppModule {}
