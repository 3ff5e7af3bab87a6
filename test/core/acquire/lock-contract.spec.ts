import { describe, it } from 'vitest';
import { MemoryCluster, MemoryStore } from '../../../lib/memory/index.js';
import { lockContract } from '../../../lib/testing/lock-contract.js';
import { FaultyStore } from '../../../lib/testing/faulty-store.js';
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

/** Who comes later has a longer way to the store. */
function unevenMemory() {
  const near = memory();
  const { clock } = near;
  let clients = 0;
  const connect = async () => {
    const store = new FaultyStore(await near.connect(), { clock });
    store.delayRequests(10 * clients++, { on: 'transact', times: Infinity });
    return store;
  };
  return { ...near, connect };
}

for (const way of waysOfTakingAlone) {
  describe(`in memory, ${way.name}`, () => {
    for (const { name, run } of lockContract(memory, way)) it(name, run);
  });
}

describe('in memory, where others have a longer way', () => {
  const one = 'admits one at a time of many callers of several clients';
  for (const way of waysOfTakingAlone) {
    const cases = lockContract(unevenMemory, way);
    const { run } = cases.find(({ name }) => name === one)!;
    it(`${way.name} ${one}`, run);
  }
});
