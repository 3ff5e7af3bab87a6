import { setTimeout as pause } from 'node:timers/promises';
import { bumpsRevision } from '../../support/etcd-backup.js';
import { waitUntil } from '../../support/wait-until.js';
import type { Backup } from '../cluster.js';
import { cleanUpAfterEtcdctl } from '../crew/etcdctl-contender.js';
import { now } from '../history/history-file.js';
import type { Fault, Stage } from './stage.js';

const BUMP = 1_000_000_000n;
/** Others hear of it in a second or two, and who cannot be reached believes for no longer than a TTL. */
export const NEWS_MS = 2_000;

export const restoreFault: Fault = {
  kind: 'restored from a backup',
  // Often there is no time for it.
  weight: 3,
  async begin(stage) {
    const { cluster, random } = stage;
    if (!atRest(stage)) return undefined;
    const { restores } = cluster;
    const backup = await cluster.backup(random.pick(cluster.members));
    // What began while it was taken may be in it, and still goes on: it lasts longer than that took.
    if (!atRest(stage)) return undefined;
    await pause(random.between(500, 8_000));
    await waitUntil(() => atRest(stage), { timeoutMs: 10_000 });
    if (!atRest(stage) || restores !== cluster.restores) return undefined;
    const names = cluster.members.map(({ name }) => name);
    for (const name of names) stage.down.add(name);
    const bump = bumpsRevision() && random.chance(0.5) ? BUMP : 0n;
    return {
      detail: `revision ${backup.revision}${bump > 0n ? ', set forward' : ''}`,
      lastsMs: 0,
      async heal() {
        await restore(stage, backup, bump);
        for (const name of names) stage.down.delete(name);
        if (bump === 0n) await clearFences(stage);
      },
    };
  },
};

/** Nothing is in a backup then that would have to be put right after it. */
function atRest({ cluster, down }: Stage): boolean {
  return (
    !cluster.demandsLogins &&
    cluster.members.every(({ name }) => !down.has(name))
  );
}

async function restore(
  { cluster, history, ttlMs }: Stage,
  backup: Backup,
  bump: bigint,
): Promise<void> {
  const flags = [`--bump-revision=${bump}`, '--mark-compacted'];
  const from = await cluster.restoreBackup(backup, bump > 0n ? flags : []);
  const at = now();
  const toldBy = at.mono + ttlMs + NEWS_MS;
  history.add(
    {
      kind: 'restored',
      from,
      backup: String(backup.revision),
      bump: String(bump),
      toldBy,
    },
    at,
  );
  // Nobody is told by `etcdctl lock`, nor are its tickets taken out that are there again.
  await cleanUpAfterEtcdctl(cluster.endpoints);
}

/**
 * As the documentation advises where tokens went back: once nobody from before is at work any more.
 * Where it was restored again, that is for later.
 */
async function clearFences({ cluster, crew, registers }: Stage): Promise<void> {
  const { restores } = cluster;
  await Promise.all(crew.map((one) => one.settled()));
  if (restores === cluster.restores) registers.clearFences();
}
