import { MemoryCluster, MemoryStore } from '../../lib/memory/index.js';
import { ClusterLedger, type LedgerReader } from './cluster-ledger.js';
import { LaggingMember } from './lagging-member.js';
import { ProcessClock } from './process-clock.js';
import type { Random } from './random.js';
import type { Cause } from './ticket-record.js';
import type { Timeline } from './timeline.js';
import type { Trace } from './trace.js';

export const NAMESPACE = 'locks/';

/** Whose tickets are those that no client has put. */
export const NOBODY = 'nobody';

export interface WorldTerms {
  readonly timeline: Timeline;
  readonly random: Random;
  readonly trace: Trace;
  /** etcd ends leases late, never early. */
  readonly expiryLateMs: number;
  /** The cluster grants this much less than it is asked for. */
  readonly ttlShortfallSeconds: number;
  readonly reader: LedgerReader;
}

/** The cluster, and all that can be seen of it from outside. */
export class World {
  readonly timeline: Timeline;
  readonly random: Random;
  readonly trace: Trace;
  readonly cluster: MemoryCluster;
  readonly member = new LaggingMember();
  readonly ledger: ClusterLedger;
  /** Requests and answers on their way. */
  underWay = 0;
  private readonly clusterClock: ProcessClock;
  private readonly leaseOwners = new Map<bigint, string>();
  private cause: Cause = { by: 'expiry' };

  constructor(private readonly terms: WorldTerms) {
    const { timeline, random, expiryLateMs, reader } = terms;
    this.timeline = timeline;
    this.random = random;
    this.trace = terms.trace;
    this.clusterClock = new ProcessClock(timeline, 1, (fire) => {
      timeline.after(random.between(0, expiryLateMs), () => {
        this.act({ by: 'expiry' }, fire);
      });
    });
    this.cluster = new MemoryCluster({ clock: this.clusterClock });
    this.ledger = new ClusterLedger(
      NAMESPACE,
      (lease) => this.leaseOwners.get(lease) ?? NOBODY,
      reader,
    );
    this.observe();
  }

  get openLeases(): number {
    return this.clusterClock.pendingTimers;
  }

  get leases(): readonly bigint[] {
    return [...this.leaseOwners.keys()];
  }

  newStore(): MemoryStore {
    return new MemoryStore({ cluster: this.cluster });
  }

  grantedSeconds(asked: number): number {
    return Math.max(2, asked - this.terms.ttlShortfallSeconds);
  }

  leaseGranted(lease: bigint, owner: string): void {
    this.leaseOwners.set(lease, owner);
  }

  /** Whatever changes until the next act was done by `cause`. */
  act<T>(cause: Cause, work: () => T): T {
    this.cause = cause;
    return work();
  }

  private observe(): void {
    const everything = { key: '\0', end: '\uffff' };
    this.newStore().watch(everything, {
      created: () => {},
      events: (events) => {
        for (const event of events) {
          this.trace('cluster', () =>
            event.kind === 'put'
              ? `${event.stored.modRevision} put ${event.stored.key}`
              : `${event.modRevision} delete ${event.key} by ${JSON.stringify(this.cause)}`,
          );
        }
        this.member.record(events);
        this.ledger.record(events, this.timeline.now, this.cause);
      },
      ended: () => {},
    });
  }
}
