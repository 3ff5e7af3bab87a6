import { setTimeout as pause } from 'node:timers/promises';
import {
  callEtcd,
  currentRevision,
  encode,
  rangeBelow,
} from '../../support/etcd-gateway.js';
import { waitUntil } from '../../support/wait-until.js';
import type { Cluster } from '../cluster.js';
import { now } from '../history/history-file.js';
import { withLogin } from '../login.js';
import { done, type Fault, type Stage, type Trouble } from './stage.js';

export const etcdFaults: readonly Fault[] = [
  {
    kind: 'ticket deleted by hand',
    weight: 4,
    async begin(stage) {
      const ticket = await aTicket(stage);
      if (ticket === undefined) return undefined;
      const { name, owner, key } = ticket;
      const body = { key: encode(name) };
      return byHand(stage, owner, key, 'kv/deleterange', body);
    },
  },
  {
    kind: 'lease revoked by hand',
    weight: 3,
    async begin(stage) {
      const ticket = await aTicket(stage);
      if (ticket === undefined) return undefined;
      const { owner, lease } = ticket;
      return byHand(stage, owner, undefined, 'lease/revoke', { ID: lease });
    },
  },
  {
    kind: 'history compacted',
    weight: 3,
    async begin({ cluster: { endpoints } }) {
      const revision = (await currentRevision(endpoints)).toString();
      await callEtcd(endpoints, 'kv/compaction', { revision });
      return done(`up to ${revision}`);
    },
  },
  {
    kind: 'member defragmented',
    weight: 1,
    async begin({ cluster, random }) {
      const { name, endpoint } = random.pick(cluster.members);
      const only = [withLogin(endpoint)];
      await callEtcd(only, 'maintenance/defragment', {});
      return done(name);
    },
  },
  {
    kind: 'no space left',
    weight: 1,
    async begin({ cluster, down, random }) {
      // etcd 3.4 lets members differ that are killed while the alarm is raised.
      if (down.size > 0) return undefined;
      const names = cluster.members.map(({ name }) => name);
      for (const name of names) down.add(name);
      const free = () => names.forEach((name) => down.delete(name));
      try {
        await alarm(cluster, 'ACTIVATE');
      } catch (error) {
        await noAlarm(cluster).finally(free);
        throw error;
      }
      return {
        detail: 'alarm raised',
        lastsMs: random.between(200, 4_000),
        heal: () => noAlarm(cluster).finally(free),
      };
    },
  },
];

const SETTLES_MS = 1_000;

function alarm(cluster: Cluster, action: 'ACTIVATE' | 'DEACTIVATE') {
  const body = { action, memberID: '0', alarm: 'NOSPACE' };
  return callEtcd(cluster.endpoints, 'maintenance/alarm', body);
}

async function noAlarm(cluster: Cluster): Promise<void> {
  await waitUntil(
    async () => {
      await alarm(cluster, 'DEACTIVATE');
      return true;
    },
    { what: 'the alarm to end', timeoutMs: 60_000 },
  );
  await pause(SETTLES_MS);
}

interface FoundTicket {
  readonly name: string;
  readonly key: string;
  readonly lease: string;
  /** The worker that wrote it. */
  readonly owner: string;
}

/** One of those that workers have put; `etcdctl lock` writes nothing into its own. */
async function aTicket(stage: Stage): Promise<FoundTicket | undefined> {
  const { cluster, namespace, random } = stage;
  const { kvs = [] } = await callEtcd<{
    kvs?: { key: string; value?: string; lease?: string }[];
  }>(cluster.endpoints, 'kv/range', rangeBelow(namespace));
  const tickets = kvs.flatMap(({ key, value = '', lease = '0' }) => {
    if (value === '') return [];
    const name = decode(key);
    const { label } = JSON.parse(decode(value)) as { label: string };
    const [encoded] = name.slice(namespace.length).split('/');
    return [{ name, key: decodeURIComponent(encoded!), lease, owner: label }];
  });
  return tickets.length === 0 ? undefined : random.pick(tickets);
}

const decode = (text: string) => Buffer.from(text, 'base64').toString();

/** Does it, and writes down in any case from when until when it may have happened. */
async function byHand(
  { history, cluster }: Stage,
  subject: string,
  key: string | undefined,
  method: string,
  body: object,
): Promise<Trouble> {
  const at = now();
  // It may still be on its way when nobody has answered.
  let until = Infinity;
  let known = {};
  try {
    const { header } = await callEtcd<{ header: { revision: string } }>(
      cluster.endpoints,
      method,
      body,
    );
    until = now().mono;
    known = { revision: header.revision };
  } finally {
    until = Math.min(until, now().mono + 10_000);
    const one = key === undefined ? {} : { key };
    history.add({ kind: 'taken', subject, until, ...one, ...known }, at);
  }
  return done(`${key ?? 'all'} of ${subject}`);
}
