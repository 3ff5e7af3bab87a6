import { describe, it } from 'vitest';
import { MemoryCluster, MemoryStore } from '../../../lib/memory/index.js';
import { lockContract } from '../../../lib/testing/lock-contract.js';
import { ManualClock } from '../../../lib/testing/manual-clock.js';
import { waysOfTakingAlone } from '../../../lib/testing/lock-contract/way-of-taking.js';

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
