import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import { EtcdLockModule, LockService } from 'nestjs-etcd-lock';
import { connectWorker } from '../../support/worker-port.js';

/** An application as its users have it, that holds one lock until it is told to end, or ended. */
const port = connectWorker();
const app = await NestFactory.createApplicationContext(
  EtcdLockModule.forRoot({
    hosts: process.env['BENCH_ETCD']!,
    namespace: 'bench/take-over/',
    ttl: '2s',
    shutdownGrace: 0,
  }),
  { logger: false },
);
app.enableShutdownHooks();
const lock = await app
  .get(LockService)
  .acquire(process.env['BENCH_KEY']!, { waitTimeout: '30s' });
port.send({ type: 'held' });
await port.next('release');
await lock.release();
