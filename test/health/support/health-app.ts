import {
  Controller,
  type DynamicModule,
  Get,
  Inject,
  type ModuleMetadata,
} from '@nestjs/common';
import {
  HealthCheck,
  HealthCheckService,
  TerminusModule,
} from '@nestjs/terminus';
import { EtcdLockHealthIndicator } from 'nestjs-etcd-lock/health';

@Controller('health')
class HealthController {
  constructor(
    @Inject(HealthCheckService) private readonly health: HealthCheckService,
    @Inject(EtcdLockHealthIndicator)
    private readonly locks: EtcdLockHealthIndicator,
  ) {}

  @Get('ready')
  @HealthCheck()
  ready() {
    return this.health.check([() => this.locks.isReady('locks')]);
  }

  @Get('live')
  @HealthCheck()
  live() {
    return this.health.check([() => this.locks.isAlive('locks')]);
  }
}

/** An application with nothing but locks and endpoints that tell of their health. */
export function healthParts(locks: DynamicModule): ModuleMetadata {
  return {
    imports: [locks, TerminusModule.forRoot({ logger: false })],
    controllers: [HealthController],
    providers: [EtcdLockHealthIndicator],
  };
}

/** HTTP status and terminus's own, of both endpoints. */
export async function outcomes(
  url: string,
): Promise<Record<'ready' | 'live', string>> {
  const [ready, live] = await Promise.all(
    ['ready', 'live'].map(async (path) => {
      const reply = await fetch(`${url}/health/${path}`);
      const { details } = (await reply.json()) as any;
      return `${reply.status} ${details.locks.status}`;
    }),
  );
  return { ready: ready!, live: live! };
}
