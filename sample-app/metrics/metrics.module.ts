import { Module } from '@nestjs/common';
import { EtcdLockTelemetryModule } from 'nestjs-etcd-lock/telemetry/nest';
import { MetricsController } from './metrics.controller.js';

@Module({
  imports: [EtcdLockTelemetryModule.forRoot()],
  controllers: [MetricsController],
})
export class MetricsModule {}
