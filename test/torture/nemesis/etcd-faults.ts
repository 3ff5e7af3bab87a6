import { callEtcd, currentRevision } from '../../support/etcd-gateway.js';
import { now } from '../history/history-file.js';
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
      await callEtcd([endpoint], 'maintenance/defragment', {});
      return done(name);
    },
  },
];

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
  }>(cluster.endpoints, 'kv/range', {
    key: encode(namespace),
    range_end: encode(`${namespace}~`),
  });
  const tickets = kvs.flatMap(({ key, value = '', lease = '0' }) => {
    if (value === '') return [];
    const name = decode(key);
    const { instance } = JSON.parse(decode(value)) as { instance: string };
    const [encoded] = name.slice(namespace.length).split('/');
    return [
      { name, key: decodeURIComponent(encoded!), lease, owner: instance },
    ];
  });
  return tickets.length === 0 ? undefined : random.pick(tickets);
}

const encode = (text: string) => Buffer.from(text).toString('base64');
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
