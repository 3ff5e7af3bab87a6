import type { MemoryClusterBackup } from '../../lib/memory/memory-cluster.js';
import type { Operation, WatchEvent } from '../../lib/core/index.js';
import { TokenHistory } from '../simulation/check-grant.js';
import { isForeign } from '../simulation/check-loss.js';
import { LaggingMember } from '../simulation/lagging-member.js';
import { Random } from '../simulation/random.js';
import type { Cause, TicketRecord } from '../simulation/ticket-record.js';
import type { Trace } from '../simulation/trace.js';
import { NOBODY, World } from '../simulation/world.js';
import { type Agenda, ETCD } from './agenda.js';
import type { Circumstances } from './explored-client.js';
import type { LenientReferee } from './lenient-referee.js';

const SOMEBODY: Cause = { by: 'process', name: NOBODY };

/** So far back a restore goes at most, and one. */
const MOST_BACKUPS = 4;

/** The cluster of one schedule, with what it was at each of its revisions. */
export class ExploredWorld extends World {
  /** What a member knows that is behind. */
  behind = new LaggingMember();
  restored = false;
  private readonly backups: MemoryClusterBackup[] = [];
  private readonly names = new Map<string, string>();
  private readonly granted = new Map<string, number>();
  private readonly restoring: { now: boolean };
  private lastCause: Cause = { by: 'expiry' };

  constructor(
    readonly agenda: Agenda,
    private readonly referee: LenientReferee,
    trace: Trace,
    onTaken: (ticket: TicketRecord) => void,
    { shortfallSeconds = 0 }: Circumstances = {},
  ) {
    const restoring = { now: false };
    super({
      timeline: agenda.viewOf(ETCD),
      random: new Random(1),
      trace,
      expiryLateMs: 0,
      ttlShortfallSeconds: shortfallSeconds,
      reader: {
        onData: (attempt) => restoring.now || referee.onData(attempt),
        onPut: (ticket) => restoring.now || referee.onPut(ticket),
        onDeleted: (ticket) => {
          if (isForeign(ticket)) onTaken(ticket);
          referee.onDeleted(ticket);
        },
      },
    });
    this.restoring = restoring;
    this.follow();
  }

  override act<T>(cause: Cause, work: () => T): T {
    this.lastCause = cause;
    return super.act(cause, work);
  }

  override leaseGranted(lease: bigint, owner: string): void {
    super.leaseGranted(lease, owner);
    const count = (this.granted.get(owner) ?? 0) + 1;
    this.granted.set(owner, count);
    this.names.set(lease.toString(16), `${owner}:${count}`);
  }

  /** A watch of this client tells it of that. */
  heard(client: string, events: readonly WatchEvent[]): void {
    for (const event of events)
      if (event.kind === 'put') this.referee.heard(client, event.stored);
  }

  told(client: string): void {
    this.referee.told(client);
  }

  asked(client: string): void {
    this.referee.asked(client);
  }

  delete(key: string, cause: Cause = { by: 'operator' }): void {
    this.apply(cause, { kind: 'delete', range: { key } });
  }

  /** Somebody comes to a queue who is none of ours. */
  comes(key: string): void {
    this.apply(SOMEBODY, { kind: 'put', key, value: '', lease: 0n });
  }

  goes(key: string): void {
    this.delete(key, SOMEBODY);
  }

  /** What a text says, in words that do not depend on who was granted a lease first, or when. */
  plain(text: string): string {
    return text
      .replaceAll(/694d9ac3[0-9a-f]{8}/g, (hex) => this.names.get(hex) ?? hex)
      .replaceAll(/\\?"since\\?":[\d.]+,?/g, '');
  }

  nameOfLease(lease: bigint): string {
    return this.names.get(lease.toString(16)) ?? NOBODY;
  }

  /** Leases that somebody still has. */
  get liveLeases(): readonly bigint[] {
    return this.leases.filter(
      (lease) => this.cluster.timeToLive(lease) !== 'gone',
    );
  }

  /** To how many earlier states the cluster can be set back. */
  get history(): number {
    return this.backups.length;
  }

  /** Makes the cluster what it was so many changes ago. */
  restore(changesAgo: number): void {
    const { cluster, ledger, referee, agenda } = this;
    const backup = this.backups.at(-1 - changesAgo)!;
    const before = new Map(cluster.backup().keys.map((key) => [key.key, key]));
    cluster.restore(backup);
    this.restored = true;
    const kept = new Map(backup.keys.map((key) => [key.key, key]));
    const events: WatchEvent[] = [];
    for (const [key, { createRevision }] of before) {
      if (kept.get(key)?.createRevision === createRevision) continue;
      events.push({ kind: 'delete', key, modRevision: backup.revision });
    }
    for (const [key, stored] of kept) {
      if (before.get(key)?.createRevision === stored.createRevision) continue;
      events.push({ kind: 'put', stored });
    }
    this.restoring.now = true;
    ledger.goBack(backup.revision);
    ledger.record(events, agenda.now, { by: 'operator' });
    this.restoring.now = false;
    this.backups.length = 0;
    this.behind = new LaggingMember();
    // A revision that comes twice makes tokens come twice.
    Object.assign(referee, { tokens: new TokenHistory() });
    this.watchAgain();
  }

  fingerprint(): string {
    const { revision, keys } = this.cluster.backup();
    const leases = this.liveLeases.map(
      (lease) =>
        `${this.nameOfLease(lease)} ${Math.round(Number(this.cluster.timeToLive(lease)))}`,
    );
    const stored = keys.map(
      ({ key, value, createRevision, modRevision, version, lease }) =>
        [
          key,
          value,
          createRevision,
          modRevision,
          version,
          this.nameOfLease(lease),
        ].join(' '),
    );
    return this.plain(
      [revision, ...stored.sort(), ...leases.sort()].join('\n'),
    );
  }

  private apply(cause: Cause, operation: Operation): void {
    this.act(cause, () => {
      this.cluster.transact({ compare: [], success: [operation], failure: [] });
    });
  }

  private follow(): void {
    this.backups.push(this.cluster.backup());
    this.newStore().watch(
      { key: '\0', end: '\uffff' },
      {
        created: () => {},
        events: (events) => {
          this.behind.record(events);
          this.backups.push(this.cluster.backup());
          if (this.backups.length > MOST_BACKUPS) this.backups.shift();
        },
        ended: () => {},
      },
    );
  }

  /** The observer of the simulation has heard the end of its watch as well. */
  private watchAgain(): void {
    this.follow();
    this.newStore().watch(
      { key: '\0', end: '\uffff' },
      {
        created: () => {},
        events: (events) =>
          this.ledger.record(events, this.agenda.now, this.lastCause),
        ended: () => {},
      },
    );
  }
}
