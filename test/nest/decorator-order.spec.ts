import {
  type CanActivate,
  Controller,
  Get,
  Injectable,
  UseGuards,
} from '@nestjs/common';
import { describe, expect, it } from 'vitest';
import { DistributedLock, LockService } from 'nestjs-etcd-lock';
import { adapters, listen, tally, World } from './support/harness.js';

let allowed = true;

@Injectable()
class SwitchGuard implements CanActivate {
  canActivate(): boolean {
    return allowed;
  }
}

@Controller()
class Orders {
  @Get('route-lock-guard')
  @DistributedLock('order')
  @UseGuards(SwitchGuard)
  async routeLockGuard() {
    return 'body';
  }

  @DistributedLock('order')
  @Get('lock-route-guard')
  @UseGuards(SwitchGuard)
  async lockRouteGuard() {
    return 'body';
  }

  @Get('route-guard-lock')
  @UseGuards(SwitchGuard)
  @DistributedLock('order')
  async routeGuardLock() {
    return 'body';
  }

  @Get('by-argument/route-lock-guard')
  @DistributedLock(() => 'order')
  @UseGuards(SwitchGuard)
  async argumentRouteLockGuard() {
    return 'body';
  }

  @DistributedLock(() => 'order')
  @Get('by-argument/lock-route-guard')
  @UseGuards(SwitchGuard)
  async argumentLockRouteGuard() {
    return 'body';
  }

  @Get('by-argument/route-guard-lock')
  @UseGuards(SwitchGuard)
  @DistributedLock(() => 'order')
  async argumentRouteGuardLock() {
    return 'body';
  }
}

const orders = ['route-lock-guard', 'lock-route-guard', 'route-guard-lock'];
const paths = orders.flatMap((order) => [order, `by-argument/${order}`]);

describe.each(adapters)('on %s', (adapter) => {
  it.each(paths)('%s: a denied request takes no lock', async (path) => {
    allowed = false;
    const { app, url } = await listen(
      { imports: [new World().module], controllers: [Orders] },
      adapter,
    );
    const seen = tally(app.get(LockService).client);

    const response = await fetch(`${url}/${path}`);

    expect(response.status).toBe(403);
    expect(await response.text()).not.toContain('body');
    expect(seen.count('acquired')).toBe(0);
  });

  it.each(paths)('%s: an allowed request takes one lock', async (path) => {
    allowed = true;
    const { app, url } = await listen(
      { imports: [new World().module], controllers: [Orders] },
      adapter,
    );
    const seen = tally(app.get(LockService).client);

    const response = await fetch(`${url}/${path}`);

    expect(response.status).toBe(200);
    expect(await response.text()).toBe('body');
    expect(seen.count('acquired')).toBe(1);
    expect(seen.count('released')).toBe(1);
  });
});
