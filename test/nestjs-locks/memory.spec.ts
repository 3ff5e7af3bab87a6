import { describe, expect } from 'vitest';
import { prefixRange } from '../../lib/core/index.js';
import { MemoryCluster } from '../../lib/memory/index.js';
import { EtcdLockStore } from '../../lib/nestjs-locks/index.js';
import { ManualClock } from '../../lib/testing/manual-clock.js';
import { lockStoreCases } from './lock-store-cases.js';
import { RecordedLeases } from './recorded-leases.js';

describe('EtcdLockStore on the memory store', () => {
  lockStoreCases(
    async () => {
      const clock = new ManualClock();
      const cluster = new MemoryCluster({ clock });
      const stores = [
        new RecordedLeases({ cluster }),
        new RecordedLeases({ cluster }),
      ] as const;
      return {
        ttl: 3_000,
        over: 3_001,
        stores: [
          new EtcdLockStore({ store: stores[0] }),
          new EtcdLockStore({ store: stores[1] }),
        ],
        advance: (ms) => clock.advance(ms),
        async isEmpty() {
          const range = prefixRange('locks/');
          const { keys } = await stores[0].read({ kind: 'range', range });
          expect(keys).toEqual([]);
          expect(await stores[0].open()).toEqual([]);
          expect(await stores[1].open()).toEqual([]);
        },
      };
      // They share one clock, which each of them advances.
    },
    { concurrent: false },
  );
});
