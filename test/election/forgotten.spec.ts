import { expect, it } from 'vitest';
import { LeaderElection } from '../../lib/election/index.js';
import { useWorld } from '../core/support/world.js';
import { isForgotten } from '../support/garbage.js';

const world = useWorld();

it('what a leader has worked out is forgotten once it was told', async () => {
  const { locks } = world().instance();
  const election = new LeaderElection(locks);
  const result = await lead(election);

  expect(await isForgotten(result)).toBe(true);
});

/** The work returns an object that the caller does not keep. */
async function lead(election: LeaderElection): Promise<WeakRef<object>> {
  const result = await world().outcome(
    election.lead('job', async () => ({ large: 'result' })),
  );
  return new WeakRef(result!);
}
