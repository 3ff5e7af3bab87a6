import { Inject, Injectable } from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import type { LockClient } from '../core/index.js';
import { checkKnownOptions, milliseconds } from '../core/internal.js';
import type { LockService } from '../nest/service/lock.service.js';
import { getLockServiceToken } from '../nest/service/tokens.js';
import type {
  LockHealth,
  LockHealthOptions,
  LockHealthResult,
} from './lock-health.js';
import { QuorumProbes } from './quorum-probes.js';

/**
 * Tells a platform how the locks of this process stand. For `@nestjs/terminus` 11 and 12, and for
 * anybody else by `check`. Put it into the `providers` of the module of your health controller.
 *
 * Ask {@link isReady} whether to send requests here, and {@link isAlive} whether to restart this
 * process: an etcd that is away is no reason for the latter.
 *
 * @example
 * @Get('ready')
 * @HealthCheck()
 * ready() {
 *   return this.health.check([() => this.locks.isReady('locks')]);
 * }
 */
@Injectable()
export class EtcdLockHealthIndicator {
  private readonly probes = new QuorumProbes();

  constructor(@Inject(ModuleRef) private readonly modules: ModuleRef) {}

  /**
   * `down` when no quorum of etcd answers within `timeout`, and from the moment this application
   * closes. Requests at the same time share one question to etcd.
   *
   * @throws when the application has no `EtcdLockModule` of that name, and for wrong options
   */
  async isReady<Key extends string>(
    key: Key,
    options?: LockHealthOptions,
  ): Promise<LockHealthResult<Key>> {
    const { ready, ...details } = await this.check(options);
    return result(key, ready ? 'up' : 'down', details);
  }

  /**
   * Always `up`, and asks nobody: nothing in the locks of a process can get stuck such that a
   * restart would mend it. Lost leases are opened anew as soon as etcd is back. A process whose
   * event loop stands still does not answer at all.
   *
   * @throws as {@link isReady}
   */
  isAlive<Key extends string>(
    key: Key,
    { name }: Pick<LockHealthOptions, 'name'> = {},
  ): LockHealthResult<Key> {
    return result(key, 'up', { sessions: this.clientOf(name).sessions() });
  }

  /** The facts behind {@link isReady}. Throws as that does, not because of etcd. */
  async check(options: LockHealthOptions = {}): Promise<LockHealth> {
    checkKnownOptions(options, ['name', 'timeout']);
    const { name, timeout = '1s' } = options;
    const timeoutMs = milliseconds('timeout', timeout);
    const client = this.clientOf(name);
    if (client.drained) {
      const message = 'The application closes: new locks are refused.';
      return { ready: false, message, sessions: client.sessions() };
    }
    const answer = await this.probes.ask(client, timeoutMs);
    const sessions = client.sessions();
    return { ready: 'latencyMs' in answer, ...answer, sessions };
  }

  private clientOf(name: string | undefined): LockClient {
    const token = getLockServiceToken(name);
    return this.modules.get<LockService>(token, { strict: false }).client;
  }
}

function result<Key extends string>(
  key: Key,
  status: 'up' | 'down',
  details: Omit<LockHealth, 'ready'>,
): LockHealthResult<Key> {
  return { [key]: { status, ...details } } as LockHealthResult<Key>;
}
