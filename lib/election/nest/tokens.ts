/**
 * The injection token of the `Candidates` of an application, the same in the ESM and the CommonJS build. Nest
 * shows it to those who forgot the module.
 */
export const LEADER_ELECTION = Symbol.for(
  'LeaderElection of nestjs-etcd-lock: import LeaderElectionModule.forRoot',
);

/** The property of an instance under which its methods find the `LeaderElection`. */
export const ELECTION_PROPERTY = Symbol.for('LeaderElection of @OnlyLeader');
