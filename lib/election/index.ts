export {
  LeaderElection,
  type LeaderElectionOptions,
} from './leader-election.js';
export type { Leadership } from './leadership.js';
export type { LeadOptions } from './lead-options.js';
