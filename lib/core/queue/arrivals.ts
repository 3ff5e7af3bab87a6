import type { ClientContext } from '../context/client-context.js';
import {
  prefixRange,
  type RangeReply,
  type Revision,
  type StoredKey,
} from '../store/lock-store.js';
import type {
  DeleteEvent,
  Subscription,
  WatchSubscriber,
} from '../store/watch-hub.js';
import { readQueue } from './queue-transactions.js';
import { isAskingKeeper, type Ticket } from './ticket.js';

const nothing = () => {};

/** Who may keep a ticket. */
export interface Keeper {
  readonly recheckMs: number;
  /** Whether nobody uses the ticket, so that it matters who comes. */
  readonly resting: boolean;
  /** {@link Arrivals.listening} or {@link Arrivals.over} has changed. */
  changed(): void;
  /** Tickets have come that only want to know whether the lock is in use. */
  asked(by: readonly Ticket[]): void;
  /** The kept ticket is no longer in etcd. */
  gone(): void;
  /** Its end may not be heard here any more. */
  unheard(): void;
}

/**
 * Hears who comes to a queue behind one ticket that may be kept: of whatever client, for a ticket is
 * a ticket.
 *
 * It listens once the watch is made and a read at that revision, or later, has shown nobody behind. What it
 * cannot be sure to hear ends it: it does not begin anew.
 */
export class Arrivals implements WatchSubscriber {
  readonly arrivals = {
    puts: (stored: readonly StoredKey[]) => this.came(stored),
    interrupted: () => this.endDeaf(),
  };
  private readonly subscription: Subscription;
  private state: 'starting' | 'listening' | 'wanted' | 'deaf' = 'starting';
  private ended = false;
  private cancelTimer = nothing;
  /** Set where it was time to look and the ticket was in use. */
  private lookDue = false;

  /** `aloneAt`: of a read that has shown the ticket alone in its queue. */
  constructor(
    private readonly context: ClientContext,
    private readonly ticket: Ticket,
    private readonly keeper: Keeper,
    private aloneAt: Revision = 0n,
  ) {
    const { clock, watches, requestTimeoutMs } = context;
    this.subscription = watches.subscribe(prefixRange(ticket.prefix), this);
    const since = this.subscription.completeSince();
    if (since !== undefined) this.synchronised(since);
    if (this.state === 'starting')
      this.cancelTimer = clock.setTimer(requestTimeoutMs, () => this.endDeaf());
  }

  /** Nobody else is known to want the lock, and whoever comes will be heard. */
  get listening(): boolean {
    return this.state === 'listening';
  }

  /** Why the ticket must not be kept, if so. */
  get over(): 'wanted' | 'deaf' | undefined {
    return this.state === 'wanted' || this.state === 'deaf'
      ? this.state
      : undefined;
  }

  /** The ticket rests again. */
  rested(): void {
    if (!this.lookDue) return;
    this.lookDue = false;
    void this.look();
  }

  /** Hears nothing more. */
  stop(): void {
    this.ended = true;
    this.cancelTimer();
    this.subscription.end();
  }

  /** What was read before may be of a store that has gone back since. */
  lookAnew(): void {
    this.aloneAt = 0n;
  }

  synchronised(revision: Revision): void {
    if (this.state !== 'starting') return;
    if (this.aloneAt >= revision) this.listen();
    else void this.look();
  }

  deletes(events: readonly DeleteEvent[]): void {
    if (this.ended) return;
    const { name, createRevision } = this.ticket;
    const gone = events.some(
      ({ key, modRevision }) => key === name && modRevision > createRevision,
    );
    if (gone) this.keeper.gone();
  }

  private came(stored: readonly StoredKey[]): void {
    const { name, createRevision } = this.ticket;
    const others = stored.filter(
      (one) => one.key !== name && one.createRevision > createRevision,
    );
    if (this.ended || others.length === 0) return;
    this.end('wanted');
    const asking = others.filter(isAskingKeeper);
    if (asking.length > 0) {
      const { prefix } = this.ticket;
      this.keeper.asked(
        asking.map(({ key, createRevision: created }) => ({
          prefix,
          name: key,
          createRevision: created,
        })),
      );
    }
  }

  private listen(): void {
    this.state = 'listening';
    this.planRecheck();
    this.keeper.changed();
  }

  private end(state: 'wanted' | 'deaf'): void {
    if (this.ended || this.over !== undefined) return;
    this.state = state;
    this.cancelTimer();
    this.keeper.changed();
  }

  /** What happened before it could hear is not looked for here any more, so not only who came. */
  private endDeaf(): void {
    this.end('deaf');
    this.keeper.unheard();
  }

  /**
   * Watches may be silent for no good reason. A ticket in use is looked after when it rests: one that
   * is used again and again may never be found at rest, and one that is held for long costs nothing.
   */
  private planRecheck(): void {
    const { clock } = this.context;
    this.cancelTimer();
    this.cancelTimer = clock.setTimer(this.keeper.recheckMs, () => {
      if (this.keeper.resting) void this.look();
      else this.lookDue = true;
    });
  }

  /** Also where somebody has come meanwhile, the ticket may be gone and others may ask. */
  private async look(): Promise<void> {
    const queue = await this.read();
    if (this.ended) return;
    const { name, createRevision } = this.ticket;
    const own = queue?.find(({ key }) => key === name);
    if (queue === undefined) this.endDeaf();
    else if (own?.createRevision !== createRevision) this.keeper.gone();
    else {
      this.came(queue);
      if (this.over === undefined) this.listen();
    }
  }

  /** An answer from before the ticket was put says nothing of it: some versions of etcd, after a pause, give one. */
  private async read(): Promise<readonly StoredKey[] | undefined> {
    try {
      const { revision, replies } = await this.context.commits.submit({
        compare: [],
        success: [readQueue(this.ticket.prefix, false)],
        failure: [],
      });
      return revision < this.ticket.createRevision
        ? undefined
        : (replies[0] as RangeReply).keys;
    } catch {
      return undefined;
    }
  }
}
