import {
  Etcd3,
  type ICompare,
  type IKeyValue,
  type IRequestOp,
  type ITxnResponse,
  Range,
} from 'etcd3';
import type { Peer, PeerSettings } from './peer.js';

const VALUE = Buffer.from(
  '{"mode":"exclusive","host":"localhost","pid":10000,"label":"","since":1700000000000}',
);

/**
 * What our lock sends and hears while few wait, through etcd3 alone: a ticket put and the queue
 * read in one transaction, a watch on the queue, a delete. So it shows what such messages cost,
 * however short the code; it is no lower bound, for etcd3 has layers that our lock goes around. It
 * is no lock to use: it is right only while nothing fails, for one caller of a process on each key.
 */
export function bareMessages({ etcd }: PeerSettings): Peer {
  const client = new Etcd3({ hosts: etcd });
  const lease = client.lease(60);
  const queues = new Map<string, Queue>();
  return {
    async acquire(key) {
      const ticket = ticketOn(`bench/bare/${key}/`, await lease.grant());
      const reply = await client.kv.txn(entering(ticket));
      const entered = BigInt(reply.header.revision);
      let token = entered;
      const ahead = queueIn(reply).filter((one) => createdAt(one) < entered);
      if (ahead.length > 0) {
        let queue = queues.get(key);
        if (queue === undefined) {
          queue = new Queue(client, ticket.prefix);
          queues.set(key, queue);
        }
        token = await queue.lastOf(ahead, entered);
      }
      return {
        token,
        release: () => client.kv.txn(leaving(ticket, entered)),
      };
    },
    async close() {
      await lease.revoke();
      client.close();
    },
  };
}

/**
 * The one transaction by which a process passes a key from one of its callers to the next: out
 * with one ticket, in with the other. One caller, who does nothing else.
 */
export function bareHandOvers({ etcd }: PeerSettings): Peer {
  const client = new Etcd3({ hosts: etcd });
  const lease = client.lease(60);
  const standing = new Map<string, { slot: number; created: bigint }>();
  return {
    async acquire(key) {
      const id = await lease.grant();
      const last = standing.get(key);
      const slot = last?.slot === 0 ? 1 : 0;
      const ticket = ticketOn(`bench/bare/${key}/`, id, slot);
      const { compare, success, failure } = entering(ticket);
      if (last !== undefined) {
        const old = ticketOn(ticket.prefix, id, last.slot);
        success.unshift({ request_txn: leaving(old, last.created) });
      }
      const reply = await client.kv.txn({ compare, success, failure });
      if (!reply.succeeded) throw new Error('the ticket was there');
      const created = BigInt(reply.header.revision);
      standing.set(key, { slot, created });
      return { token: created, release: () => Promise.resolve() };
    },
    async close() {
      await lease.revoke();
      client.close();
    },
  };
}

interface Ticket {
  readonly prefix: string;
  readonly name: Buffer;
  readonly lease: string;
}

function ticketOn(prefix: string, lease: string, slot = 0): Ticket {
  const base = `${prefix}${BigInt(lease).toString(16)}`;
  const name = Buffer.from(slot === 0 ? base : `${base}-${slot}`);
  return { prefix, name, lease };
}

function entering({ prefix, name, lease }: Ticket) {
  const { start, end } = Range.prefix(prefix);
  const read: IRequestOp = {
    request_range: {
      key: start,
      range_end: end,
      keys_only: true,
      sort_target: 'Create',
      sort_order: 'Ascend',
    },
  };
  const fence: ICompare = {
    key: Buffer.from(`bench/bare/@fence/${lease}`),
    target: 'Version',
    result: 'Equal',
    version: '0',
  };
  return {
    compare: [fence, created(name, 0n)],
    success: [{ request_put: { key: name, value: VALUE, lease } }, read],
    failure: [read],
  } satisfies { [part: string]: (ICompare | IRequestOp)[] };
}

function leaving({ name }: Ticket, at: bigint) {
  return {
    compare: [created(name, at)],
    success: [{ request_delete_range: { key: name } }],
  };
}

function created(key: Buffer, at: bigint): ICompare {
  return {
    key,
    target: 'Create',
    result: 'Equal',
    create_revision: at.toString(),
  };
}

function queueIn({ responses }: ITxnResponse): readonly IKeyValue[] {
  return responses.at(-1)!.response_range.kvs;
}

function createdAt({ create_revision }: IKeyValue): bigint {
  return BigInt(create_revision);
}

/** The departures from one queue, heard from the first wait on. */
class Queue {
  private readonly departures = new Map<string, bigint>();
  private readonly complete: Promise<bigint>;
  private heard = () => {};

  constructor(
    private readonly client: Etcd3,
    private readonly prefix: string,
  ) {
    const watcher = client.watch().prefix(prefix).only('delete').watcher();
    watcher.on('data', ({ events }) => {
      for (const { kv } of events)
        this.departures.set(kv.key.toString(), BigInt(kv.mod_revision));
      this.heard();
    });
    this.complete = new Promise((resolve) =>
      watcher.once('connected', ({ header }) =>
        resolve(BigInt(header.revision)),
      ),
    );
  }

  /** When the last of these had left, who stood there at `seen`. */
  async lastOf(ahead: readonly IKeyValue[], seen: bigint): Promise<bigint> {
    let waitsFor = ahead;
    let since = await this.complete;
    if (since > seen) {
      const reply = await this.client.getAll().prefix(this.prefix).exec();
      since = BigInt(reply.header.revision);
      waitsFor = reply.kvs.filter((one) => createdAt(one) < seen);
    }
    const leftAt = () =>
      waitsFor.map(({ key }) => this.departures.get(key.toString()) ?? 0n);
    while (leftAt().some((at) => at <= seen))
      await new Promise<void>((resolve) => (this.heard = resolve));
    return leftAt().reduce((a, b) => (a > b ? a : b), since);
  }
}
