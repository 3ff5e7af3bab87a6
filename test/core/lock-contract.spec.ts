import { describe, it } from 'vitest';
import { MemoryCluster, MemoryStore } from '../../lib/memory/index.js';
import {
  lockContract,
  ManualClock,
  waysOfTakingAlone,
} from '../../lib/testing/index.js';

function memory() {
  const clock = new ManualClock();
  const cluster = new MemoryCluster({ clock });
  return {
    clock,
    advance: (ms: number) => clock.advance(ms),
    connect: async () => new MemoryStore({ cluster }),
    dispose: async () => {},
  };
}

for (const way of waysOfTakingAlone) {
  describe(`in memory, ${way.name}`, () => {
    for (const { name, run } of lockContract(memory, way)) it(name, run);
  });
}
