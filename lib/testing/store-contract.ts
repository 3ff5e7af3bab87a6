import { closingCases } from './contract/closing-cases.js';
import { comparisonCases } from './contract/comparison-cases.js';
import {
  type ContractCheck,
  type ContractTable,
  ContractWorld,
  type StoreUnderTest,
} from './contract/contract-world.js';
import { expiryCases } from './contract/expiry-cases.js';
import { leaseCases } from './contract/lease-cases.js';
import { nestedTransactionCases } from './contract/nested-transaction-cases.js';
import { rangeCases } from './contract/range-cases.js';
import { transactionCases } from './contract/transaction-cases.js';
import { watchCases } from './contract/watch-cases.js';
import { watchEndCases } from './contract/watch-end-cases.js';

const tables: readonly ContractTable[] = [
  transactionCases,
  nestedTransactionCases,
  comparisonCases,
  rangeCases,
  leaseCases,
  expiryCases,
  watchCases,
  watchEndCases,
  closingCases,
];

/** One promise of the store port, and the code that checks it. */
export interface ContractCase {
  readonly name: string;
  /** Rejects when the promise is broken. */
  readonly run: () => Promise<void>;
}

/**
 * The store port's documentation as tests, for any test runner. Every case makes a cluster of its
 * own with `makeStore` and disposes of it; they may share a server, as long as one case runs at a
 * time. A few cases let a lease of 2 seconds run out.
 *
 * @example
 * for (const { name, run } of storeContract(() => new MyStoreUnderTest())) it(name, run);
 */
export function storeContract(
  makeStore: () => StoreUnderTest | Promise<StoreUnderTest>,
): readonly ContractCase[] {
  return tables.flatMap(Object.entries<ContractCheck>).map(([name, check]) => ({
    name,
    async run() {
      const subject = await makeStore();
      try {
        await checkIn(await ContractWorld.open(subject), check);
      } finally {
        await subject.dispose();
      }
    },
  }));
}

async function checkIn(
  world: ContractWorld,
  check: ContractCheck,
): Promise<void> {
  try {
    await check(world);
  } catch (error) {
    // A broken store may also fail to clean up; what it failed first is what matters.
    await world.close().catch(() => {});
    throw error;
  }
  await world.close();
}
