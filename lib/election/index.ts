export { LeaderElection } from './leader-election.js';
export {
  LeaderElectionModule,
  type LeaderElectionModuleOptions,
} from './leader-election.module.js';
export type { Leadership } from './leadership.js';
export type { LeadOptions } from './lead-options.js';
export {
  OnlyLeader,
  type OnlyLeaderDecorator,
} from './only-leader.decorator.js';
