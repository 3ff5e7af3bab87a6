export {
  LeaderElection,
  type Leadership,
  type LeaderElectionOptions,
  type LeadOptions,
} from '../index.js';
export {
  LeaderElectionModule,
  type LeaderElectionModuleOptions,
} from './leader-election.module.js';
export {
  OnlyLeader,
  type OnlyLeaderDecorator,
} from './only-leader.decorator.js';
