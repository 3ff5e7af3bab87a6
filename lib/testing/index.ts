export type { StoreUnderTest } from './contract/contract-world.js';
export type { Fault, FaultTarget, StoreCall } from './fault.js';
export { FaultyStore, type FaultyStoreOptions } from './faulty-store.js';
export { ManualClock } from './manual-clock.js';
export { type ContractCase, storeContract } from './store-contract.js';
export { lockContract } from './lock-contract.js';
export {
  type WayOfTaking,
  waysOfTakingAlone,
} from './lock-contract/way-of-taking.js';
export {
  type OverridableModule,
  TestLocks,
  type TestLocksOptions,
  type TestModuleOptions,
} from './nest/index.js';
