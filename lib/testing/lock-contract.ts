import type { ContractCase } from './store-contract.js';
import type { StoreUnderTest } from './contract/contract-world.js';
import { exclusionCases } from './lock-contract/exclusion-cases.js';
import { givingUpCases } from './lock-contract/giving-up-cases.js';
import { handleCases } from './lock-contract/handle-cases.js';
import {
  type LockCheck,
  type LockTable,
  LockWorld,
} from './lock-contract/lock-world.js';
import { takeOverCases } from './lock-contract/take-over-cases.js';
import { tokenCases } from './lock-contract/token-cases.js';
import type { WayOfTaking } from './lock-contract/way-of-taking.js';

const tables: readonly LockTable[] = [
  exclusionCases,
  givingUpCases,
  tokenCases,
  handleCases,
  takeOverCases,
];

/**
 * What an exclusive lock promises, as tests, for any test runner: on a store, and for one way of
 * taking it. Every case makes clients and a namespace of its own, so cases may run side by side
 * on one server. A few let a lease of 2 seconds run out.
 *
 * @example
 * for (const way of waysOfTakingAlone)
 *   for (const { name, run } of lockContract(() => new MyStoreUnderTest(), way))
 *     it(`${way.name} ${name}`, run);
 */
export function lockContract(
  makeStore: () => StoreUnderTest | Promise<StoreUnderTest>,
  way: WayOfTaking,
): readonly ContractCase[] {
  return tables.flatMap(Object.entries<LockCheck>).map(([name, check]) => ({
    name,
    async run() {
      const subject = await makeStore();
      try {
        await checkIn(new LockWorld(subject, way), check);
      } finally {
        await subject.dispose();
      }
    },
  }));
}

async function checkIn(world: LockWorld, check: LockCheck): Promise<void> {
  try {
    await check(world);
  } catch (error) {
    // What failed first is what matters.
    await world.close().catch(() => {});
    throw error;
  }
  await world.close();
  await world.assertNothingLeft();
}
