import { Module } from '@nestjs/common';
import { APP_FILTER } from '@nestjs/core';
import { ScheduleModule } from '@nestjs/schedule';
import { EtcdLockModule, LockExceptionFilter } from 'nestjs-etcd-lock';
import { config } from './config.js';
import { EtcdModule } from './etcd/etcd.module.js';
import { HealthController } from './health.controller.js';
import { IdsModule } from './ids/ids.module.js';
import { LedgerModule } from './ledger/ledger.module.js';
import { LockLog } from './lock-log.js';
import { OrdersModule } from './orders/orders.module.js';
import { ReportsModule } from './reports/reports.module.js';

@Module({
  imports: [
    EtcdLockModule.forRoot({
      hosts: config.etcdHosts,
      namespace: config.lockNamespace,
      ttl: config.lockTtl,
      waitTimeout: config.lockWaitTimeout,
      instance: config.instance,
    }),
    ScheduleModule.forRoot(),
    EtcdModule,
    OrdersModule,
    IdsModule,
    ReportsModule,
    LedgerModule,
  ],
  controllers: [HealthController],
  providers: [LockLog, { provide: APP_FILTER, useClass: LockExceptionFilter }],
})
export class AppModule {}
