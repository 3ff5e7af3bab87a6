import { describe, it } from 'vitest';
import type { Clock } from '../../lib/core/time/clock.js';
import { systemClock } from '../../lib/core/time/clock.js';
import { MemoryCluster, MemoryStore } from '../../lib/memory/index.js';
import { ManualClock } from '../../lib/testing/manual-clock.js';
import { storeContract } from '../../lib/testing/store-contract.js';
import { type StoreUnderTest } from '../../lib/testing/contract/contract-world.js';

function memory(clock: Clock): Omit<StoreUnderTest, 'clock'> {
  const cluster = new MemoryCluster({ clock });
  return {
    connect: async () => new MemoryStore({ cluster }),
    dispose: async () => {},
  };
}

describe('the memory store on a manual clock', () => {
  const cases = storeContract(() => {
    const clock = new ManualClock();
    return { ...memory(clock), clock, advance: (ms) => clock.advance(ms) };
  });
  for (const { name, run } of cases) it(name, run);
});

describe('the memory store on the clocks of this process', () => {
  for (const { name, run } of storeContract(() => memory(systemClock))) {
    it.concurrent(name, run);
  }
});
