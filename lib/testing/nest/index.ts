export {
  type OverridableModule,
  TestLocks,
  type TestLocksOptions,
  type TestModuleOptions,
} from './test-locks.js';
