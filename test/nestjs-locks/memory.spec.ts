import { describe, expect, it } from 'vitest';
import { type LockStore, prefixRange } from '../../lib/core/index.js';
import { MemoryCluster } from '../../lib/memory/index.js';
import { EtcdLockStore } from '../../lib/nestjs-locks/index.js';
import { ManualClock } from '../../lib/testing/manual-clock.js';
import { lockStoreCases } from './lock-store-cases.js';
import { RecordedLeases } from './recorded-leases.js';

describe('the options of EtcdLockStore', () => {
  it('may say that there is no store of yours', async () => {
    const hosts = 'http://127.0.0.1:2379';
    const none = { hosts, store: undefined };
    const own = new EtcdLockStore(none);
    {
      await using scoped = own;
      expect(scoped).toBe(own);
    }
    await expect(own.acquire('k', 'a', 1)).rejects.toMatchObject({
      outcome: 'not-applied',
    });
    const wrong = { store: null as unknown as LockStore };
    expect(() => new EtcdLockStore(wrong)).toThrow(/"store" must be a store/);
  });
});

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
