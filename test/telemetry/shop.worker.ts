import 'reflect-metadata';
import { Injectable, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { metrics } from '@opentelemetry/api';
import { PrometheusExporter } from '@opentelemetry/exporter-prometheus';
import { MeterProvider } from '@opentelemetry/sdk-metrics';
import {
  DistributedLock,
  EtcdLockModule,
  isLockError,
  type Lock,
  LockService,
} from 'nestjs-etcd-lock';
import { EtcdLockTelemetryModule } from 'nestjs-etcd-lock/telemetry/nest';
import { connectWorker } from '../support/worker-port.js';

// An instance of a shop that takes and gives back locks as it is told, and tells what happens.
const port = connectWorker();

metrics.setGlobalMeterProvider(
  new MeterProvider({
    readers: [
      new PrometheusExporter({
        host: '127.0.0.1',
        port: Number(process.env['METRICS_PORT']),
      }),
    ],
  }),
);

@Injectable()
class Reports {
  @DistributedLock('report', { onBusy: 'skip', waitTimeout: 0 })
  async nightly(): Promise<void> {}
}

@Module({
  imports: [
    EtcdLockModule.forRoot({ hosts: process.env['HOSTS']!, ttl: '6s' }),
    EtcdLockTelemetryModule.forRoot(),
  ],
  providers: [Reports],
})
class AppModule {}

const app = await NestFactory.createApplicationContext(AppModule, {
  logger: false,
});
const locks = app.get(LockService);
locks.events$.subscribe(({ type }) => port.send({ type: `event ${type}` }));

const held = new Map<string, Lock>();

async function take(key: string, waitTimeout: number): Promise<string> {
  try {
    held.set(key, await locks.acquire(key, { waitTimeout }));
    return 'acquired';
  } catch (error) {
    return isLockError(error) ? error.code : String(error);
  }
}

async function serve(): Promise<never> {
  for (;;) {
    const { what, key, waitTimeout } = await port.next<{
      what: 'take' | 'give back' | 'keep' | 'report';
      key: string;
      waitTimeout: number;
    }>('do');
    let outcome = 'done';
    if (what === 'take') outcome = await take(key, waitTimeout);
    else if (what === 'report') await app.get(Reports).nightly();
    else if (what === 'keep')
      await locks.withLock(key, { keep: '1m' }, () => {});
    else await held.get(key)?.release();
    port.send({ type: 'did', outcome });
  }
}

void serve();
port.send({ type: 'ready' });
