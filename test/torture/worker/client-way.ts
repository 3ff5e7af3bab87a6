import { type AcquireOptions, LockClient } from '../../../lib/core/index.js';
import { storeOnRoad } from '../../support/road.js';
import { Busy, type Way } from './way.js';
import type { Wish } from './wish.js';
import type { TortureWorkerSettings } from './worker-settings.js';

/** The locks without Nest. */
export function clientWay(settings: TortureWorkerSettings): Way {
  const { hosts, auth, road, namespace, ttlMs: ttl, who: label } = settings;
  const store = storeOnRoad({ hosts, auth }, road);
  const client = new LockClient({ store, namespace, ttl, label });
  return {
    client,
    async take(wish, inside) {
      const options = optionsOf(wish);
      if (wish.how === 'with') {
        await client.withLock(wish.keys, options, inside);
        return;
      }
      const { signal: _, waitTimeout: __, ...rest } = options;
      const lock =
        wish.how === 'try'
          ? await client.tryAcquire(wish.keys, rest)
          : await client.acquire(wish.keys, options);
      if (lock === null) throw new Busy();
      await inside(lock);
      await lock.release();
    },
    async close() {
      await client.close();
      await store.close();
    },
  };
}

function optionsOf(wish: Wish): AcquireOptions {
  const { mode, permits, waitMs, abortAfterMs, minHoldMs, keepMs } = wish;
  return {
    waitTimeout: waitMs,
    ...(mode === 'shared' && { mode }),
    ...(permits !== undefined && { permits }),
    ...(minHoldMs !== undefined && { minHold: minHoldMs }),
    ...(abortAfterMs !== undefined && {
      signal: AbortSignal.timeout(abortAfterMs),
    }),
    ...(keepMs !== undefined && { keep: keepMs }),
    ...(wish.dedicatedLease && { dedicatedLease: true }),
  };
}
