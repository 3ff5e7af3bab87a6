import { AsyncLocalStorage } from 'node:async_hooks';
import type { LockClient } from '../../core/index.js';
import type { LeaderElection } from '../leader-election.js';
import { Candidate } from './candidate.js';
import { logTrouble } from './log-trouble.js';

/** This process in the elections behind its `@OnlyLeader` methods, once in each. */
export class Candidates {
  private readonly candidates = new Map<string, Candidate>();
  /** Calls as if from nowhere: a candidate is not part of what its first caller does. */
  private readonly outside = AsyncLocalStorage.snapshot();

  constructor(
    private readonly election: LeaderElection,
    private readonly client: LockClient,
  ) {}

  /** The one behind `@OnlyLeader(name)`, which campaigns from the first time it is asked for. */
  of(name: string): Candidate {
    let candidate = this.candidates.get(name);
    if (candidate === undefined) {
      candidate = new Candidate(this.client);
      this.candidates.set(name, candidate);
      const { serve } = candidate;
      this.outside(() => this.election.lead(name, serve)).catch(logTrouble);
    }
    return candidate;
  }
}
