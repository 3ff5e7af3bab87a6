import type { LockClient } from '../../../lib/core/index.js';
import { LeaderElection } from '../../../lib/election/index.js';

/** What is ours for now: a lock, or the lead. */
export interface Held {
  readonly token: bigint;
  leave(): Promise<void>;
}

/** How we take part in what others call by its name. */
export interface OurSide {
  /** The lock on which it stands. */
  keyOf(name: string): string;
  /** Waits for our turn. */
  enter(locks: LockClient, name: string): Promise<Held>;
}

export const lockSide: OurSide = {
  keyOf: (name) => name,
  async enter(locks, name) {
    const lock = await locks.acquire(name, { waitTimeout: Infinity });
    return { token: lock.fencingToken, leave: () => lock.release() };
  },
};

export const electionSide: OurSide = {
  keyOf: (name) => `election:${name}`,
  enter: (locks, name) =>
    new Promise((resolve, reject) => {
      const lead = new LeaderElection(locks).lead(
        name,
        ({ fencingToken }) =>
          new Promise<void>((done) =>
            resolve({
              token: fencingToken,
              async leave() {
                done();
                await lead;
              },
            }),
          ),
      );
      lead.catch(reject);
    }),
};
