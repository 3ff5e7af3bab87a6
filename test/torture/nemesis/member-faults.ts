import { setTimeout as pause } from 'node:timers/promises';
import type { EtcdMember } from '../../support/etcd-member.js';
import { EtcdMetrics } from '../../support/etcd-metrics.js';
import { waitUntil } from '../../support/wait-until.js';
import { now } from '../history/history-file.js';
import type { Fault, Stage, Trouble } from './stage.js';

export const memberFaults: readonly Fault[] = [
  {
    kind: 'member killed',
    weight: 1.5,
    begin: async (stage) => kill(stage, oneUp(stage)),
  },
  {
    kind: 'leader killed',
    weight: 1.5,
    begin: async (stage) => kill(stage, up(stage, await leader(stage))),
  },
  {
    kind: 'all members killed',
    weight: 0.5,
    begin: async (stage) => kill(stage, upOf(stage)),
  },
  {
    kind: 'member stands still',
    weight: 1.5,
    begin: async (stage) => freeze(stage, oneUp(stage)),
  },
  {
    kind: 'member removed and added',
    weight: 0.7,
    async begin(stage) {
      const [member] = oneUp(stage);
      // Of two that are left, none may be missing.
      if (member === undefined || stage.down.size > 0) return undefined;
      const { cluster, down, random } = stage;
      down.add(member.name);
      const back = async () => {
        const there = () => cluster.restore(member).then(() => true);
        const what = `${member.name} to be a member again`;
        await waitUntil(there, { what, timeoutMs: 60_000 });
        down.delete(member.name);
      };
      try {
        await cluster.remove(member);
      } catch (error) {
        await back();
        throw error;
      }
      const lastsMs = random.between(200, 4_000);
      return { detail: member.name, lastsMs, heal: back };
    },
  },
];

async function leader({ cluster }: Stage): Promise<EtcdMember[]> {
  const found = await cluster.leader();
  return found === undefined ? [] : [found];
}

function upOf({ cluster, down }: Stage): EtcdMember[] {
  return cluster.members.filter(({ name }) => !down.has(name));
}

function up(stage: Stage, members: EtcdMember[]): EtcdMember[] {
  return members.filter((member) => upOf(stage).includes(member));
}

function oneUp(stage: Stage): EtcdMember[] {
  const members = upOf(stage);
  return members.length === 0 ? [] : [stage.random.pick(members)];
}

async function kill(
  { down, random }: Stage,
  members: readonly EtcdMember[],
): Promise<Trouble | undefined> {
  if (members.length === 0) return undefined;
  for (const { name } of members) down.add(name);
  await Promise.all(members.map((member) => member.kill()));
  return {
    detail: namesOf(members),
    lastsMs: random.between(200, 3_000),
    heal() {
      for (const member of members) {
        if (!member.running) member.launch();
        down.delete(member.name);
      }
    },
  };
}

/**
 * A leader that stood still may end leases, when it goes on, that another leader has renewed meanwhile: etcd
 * looks whether it is still the leader (etcd-io/etcd#15247), but not if its own clock has just ticked.
 */
async function freeze(
  { down, random, history, ttlMs }: Stage,
  [member]: readonly EtcdMember[],
): Promise<Trouble | undefined> {
  if (member === undefined) return undefined;
  const before = await leasesEndedBy(member);
  down.add(member.name);
  member.pause();
  return {
    detail: member.name,
    lastsMs: random.between(300, 5_000),
    async heal() {
      const at = now();
      member.resume();
      await pause(ENDING_MS);
      const leases = (await leasesEndedBy(member)) - before;
      const until = at.mono + ttlMs;
      down.delete(member.name);
      if (leases > 0)
        history.add(
          { kind: 'leases-ended', subject: member.name, until, leases },
          at,
        );
    },
  };
}

/** By then it has ended what it is going to end: long for a message, and short for a lease. */
const ENDING_MS = 1_000;

async function leasesEndedBy({ endpoint }: EtcdMember): Promise<number> {
  return (await EtcdMetrics.of(endpoint)).leasesEnded;
}

function namesOf(members: readonly EtcdMember[]): string {
  return members.map(({ name }) => name).join(', ');
}
