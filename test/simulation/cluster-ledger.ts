import type { StoredKey, WatchEvent } from '../../lib/core/index.js';
import {
  isLetIn,
  type Moment,
  ruleOf,
  type TicketRecord,
} from './ticket-record.js';
import type { Cause } from './ticket-record.js';

export interface LedgerReader {
  /** A transaction under the guard of an attempt's lock ran. */
  onData(attemptId: number): void;
  onPut(ticket: TicketRecord): void;
  onDeleted(ticket: TicketRecord): void;
}

/**
 * Every queue of the cluster, revision by revision, written from what the cluster does and never
 * from what a client believes.
 */
export class ClusterLedger {
  private readonly queues = new Map<string, TicketRecord[]>();
  private readonly standing = new Map<string, TicketRecord>();
  private readonly past = new Map<string, TicketRecord>();
  private readonly robbed = new Set<string>();
  /** The last moment at which anybody stood in a queue. */
  private readonly busyUntil = new Map<string, number>();

  constructor(
    private readonly namespace: string,
    private readonly ownerOf: (lease: bigint) => string,
    private readonly reader: LedgerReader,
  ) {}

  get tickets(): readonly TicketRecord[] {
    return [...this.standing.values()];
  }

  queue(queue: string): readonly TicketRecord[] {
    return this.queues.get(queue) ?? [];
  }

  /** A ticket by the name and the revision that a handle's guard carries. */
  find(name: string, createRevision: bigint): TicketRecord | undefined {
    const now = this.standing.get(name);
    return now?.createRevision === createRevision
      ? now
      : this.past.get(`${name} ${createRevision}`);
  }

  /** Whether an operator has deleted a ticket of this name: a late copy may put it again. */
  wasRobbed(name: string): boolean {
    return this.robbed.has(name);
  }

  wasBusySince(queue: string, time: number): boolean {
    if (this.queue(queue).length > 0) return true;
    return (this.busyUntil.get(queue) ?? -1) >= time;
  }

  /** Takes in all that happened at one revision. */
  record(events: readonly WatchEvent[], time: number, cause: Cause): void {
    const touched = new Set<string>();
    const news: (() => void)[] = [];
    let revision = 0n;
    for (const event of events) {
      const { key, modRevision } = event.kind === 'put' ? event.stored : event;
      revision = modRevision;
      const queue = key.slice(0, key.lastIndexOf('/') + 1);
      if (queue === 'data/')
        news.push(() => this.reader.onData(Number(key.slice(queue.length))));
      if (!this.isQueue(queue)) continue;
      touched.add(queue);
      const moment = { revision, time };
      news.push(
        event.kind === 'put'
          ? this.put(queue, event.stored)
          : this.delete(queue, key, { ...moment, cause }),
      );
    }
    for (const queue of touched) this.admit(queue, { revision, time });
    for (const tell of news) tell();
  }

  /** The cluster is what it was at `revision`: nobody has been let in since then. */
  goBack(revision: bigint): void {
    for (const ticket of this.standing.values()) {
      if (ticket.admitted && ticket.admitted.revision > revision)
        delete ticket.admitted;
    }
  }

  private isQueue(name: string): boolean {
    return (
      name.startsWith(this.namespace) && !name.startsWith(`${this.namespace}@`)
    );
  }

  private put(queue: string, stored: StoredKey): () => void {
    const { key: name, createRevision, lease } = stored;
    const known = this.standing.get(name);
    if (known !== undefined) {
      known.lease = lease;
      return () => {};
    }
    const owner = this.ownerOf(lease);
    const rule = ruleOf(stored);
    const ticket = { queue, name, createRevision, owner, rule, lease };
    this.standing.set(name, ticket);
    const tickets = this.queues.get(queue);
    if (tickets === undefined) this.queues.set(queue, [ticket]);
    else tickets.splice(placeOf(ticket, tickets), 0, ticket);
    return () => this.reader.onPut(ticket);
  }

  private delete(
    queue: string,
    name: string,
    deleted: Moment & { cause: Cause },
  ): () => void {
    const ticket = this.standing.get(name)!;
    ticket.deleted = deleted;
    if (deleted.cause.by === 'operator') this.robbed.add(name);
    this.standing.delete(name);
    this.past.set(`${name} ${ticket.createRevision}`, ticket);
    const tickets = this.queues.get(queue)!;
    tickets.splice(tickets.indexOf(ticket), 1);
    this.busyUntil.set(queue, deleted.time);
    return () => this.reader.onDeleted(ticket);
  }

  private admit(queue: string, moment: Moment): void {
    const tickets = this.queue(queue);
    for (const [place, ticket] of tickets.entries()) {
      if (ticket.admitted === undefined && isLetIn(tickets, place))
        ticket.admitted = moment;
    }
  }
}

/** Tickets that were put together stand in the order of their names. */
function placeOf(ticket: TicketRecord, queue: readonly TicketRecord[]): number {
  const place = queue.findIndex(
    ({ createRevision, name }) =>
      createRevision === ticket.createRevision && name > ticket.name,
  );
  return place === -1 ? queue.length : place;
}
