import 'reflect-metadata';
import { Injectable, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { Interval, ScheduleModule } from '@nestjs/schedule';
import { CurrentLock, EtcdLockModule, type Lock } from 'nestjs-etcd-lock';
import {
  LeaderElectionModule,
  OnlyLeader,
} from 'nestjs-etcd-lock/election/nest';
import { connectWorker } from '../../support/worker-port.js';

const port = connectWorker();

@Injectable()
class Ticker {
  @Interval(20)
  @OnlyLeader('ticker')
  async tick(@CurrentLock() lock?: Lock): Promise<void> {
    port.send({ type: 'tick', token: lock!.fencingToken, at: Date.now() });
  }
}

@Module({
  imports: [
    EtcdLockModule.forRoot({
      hosts: process.env['ETCD_HOSTS']!.split(','),
      ttl: process.env['TTL'],
    }),
    LeaderElectionModule.forRoot(),
    ScheduleModule.forRoot(),
  ],
  providers: [Ticker],
})
class TickerModule {}

const app = await NestFactory.createApplicationContext(TickerModule, {
  logger: ['error', 'warn'],
});
app.enableShutdownHooks();
port.send({ type: 'ready' });
