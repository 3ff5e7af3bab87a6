import { Controller, Get, Inject } from '@nestjs/common';
import { HealthCheck, HealthCheckService } from '@nestjs/terminus';
import { EtcdLockHealthIndicator } from 'nestjs-etcd-lock/health';

@Controller('health')
export class HealthController {
  constructor(
    @Inject(HealthCheckService) private readonly health: HealthCheckService,
    @Inject(EtcdLockHealthIndicator)
    private readonly locks: EtcdLockHealthIndicator,
  ) {}

  /** Whether to send customers here. */
  @Get('ready')
  @HealthCheck()
  ready() {
    return this.health.check([() => this.locks.isReady('locks')]);
  }

  /** Whether to restart this instance. */
  @Get('live')
  @HealthCheck()
  live() {
    return this.health.check([() => this.locks.isAlive('locks')]);
  }
}
