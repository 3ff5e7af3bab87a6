import { Inject, Injectable, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { Lock } from '../../../lib/core/index.js';
import {
  CurrentLock,
  DistributedLock,
  EtcdLockModule,
  LockService,
} from '../../../lib/nest/index.js';
import { etcd3Of } from '../../support/road.js';
import { Busy, type Way } from './way.js';
import type { Wish } from './wish.js';
import type { TortureWorkerSettings } from './worker-settings.js';

type Inside = (lock: Lock) => Promise<void>;

const keysOf = ({ keys }: Wish) => keys;

/** What a team would write: methods that run under a lock. */
@Injectable()
class Work {
  constructor(@Inject(LockService) readonly locks: LockService) {}

  @DistributedLock(keysOf, { waitTimeout: '30s' })
  async patient(
    _wish: Wish,
    inside: Inside,
    @CurrentLock() lock?: Lock,
  ): Promise<true> {
    return run(inside, lock!);
  }

  @DistributedLock(keysOf, { waitTimeout: '500ms' })
  async brief(
    _wish: Wish,
    inside: Inside,
    @CurrentLock() lock?: Lock,
  ): Promise<true> {
    return run(inside, lock!);
  }

  @DistributedLock(keysOf, { onBusy: 'skip' })
  async skipped(
    _wish: Wish,
    inside: Inside,
    @CurrentLock() lock?: Lock,
  ): Promise<true | undefined> {
    return run(inside, lock!);
  }

  @DistributedLock(keysOf, { mode: 'shared', waitTimeout: '30s' })
  async reading(
    _wish: Wish,
    inside: Inside,
    @CurrentLock() lock?: Lock,
  ): Promise<true> {
    return run(inside, lock!);
  }

  @DistributedLock(keysOf, { permits: 2, waitTimeout: '30s' })
  async pooled(
    _wish: Wish,
    inside: Inside,
    @CurrentLock() lock?: Lock,
  ): Promise<true> {
    return run(inside, lock!);
  }

  @DistributedLock(keysOf, { minHold: '200ms', waitTimeout: '30s' })
  async held(
    _wish: Wish,
    inside: Inside,
    @CurrentLock() lock?: Lock,
  ): Promise<true> {
    return run(inside, lock!);
  }

  @DistributedLock(keysOf, { keep: '1500ms', waitTimeout: '30s' })
  async kept(
    _wish: Wish,
    inside: Inside,
    @CurrentLock() lock?: Lock,
  ): Promise<true> {
    return run(inside, lock!);
  }

  @DistributedLock(keysOf, { keep: '1500ms', onBusy: 'skip' })
  async keptOrSkipped(
    _wish: Wish,
    inside: Inside,
    @CurrentLock() lock?: Lock,
  ): Promise<true | undefined> {
    return run(inside, lock!);
  }
}

async function run(inside: Inside, lock: Lock): Promise<true> {
  await inside(lock);
  return true;
}

/** An application without a server, whose methods are locked by the decorator. */
export async function nestWay(settings: TortureWorkerSettings): Promise<Way> {
  const { hosts, auth, road, namespace, ttlMs: ttl, who: label } = settings;
  const client = road === 'client' ? etcd3Of({ hosts }) : undefined;
  const options = {
    ...(client === undefined ? { hosts, auth } : { client }),
    namespace,
    ttl,
    label,
    shutdownGrace: 0,
  };

  @Module({
    imports: [EtcdLockModule.forRoot(options)],
    providers: [Work],
  })
  class TortureModule {}

  const app = await NestFactory.createApplicationContext(TortureModule, {
    logger: ['fatal'],
  });
  const work = app.get(Work);
  return {
    client: work.locks.client,
    async take(wish, inside) {
      if ((await work[methodFor(wish)](wish, inside)) !== true)
        throw new Busy();
    },
    async close() {
      await app.close();
      client?.close();
    },
  };
}

function methodFor(wish: Wish) {
  const keeps = wish.keepMs !== undefined;
  if (wish.how === 'try') return keeps ? 'keptOrSkipped' : 'skipped';
  if (keeps) return 'kept';
  if (wish.mode === 'shared') return 'reading';
  if (wish.mode === 'permits') return 'pooled';
  if (wish.minHoldMs !== undefined) return 'held';
  return wish.waitMs === 500 ? 'brief' : 'patient';
}
