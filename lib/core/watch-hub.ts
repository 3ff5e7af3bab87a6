import { Backoff } from './backoff.js';
import type { Clock } from './clock.js';
import type {
  KeyRange,
  LockStore,
  Revision,
  Watch,
  WatchEvent,
} from './lock-store.js';

/** How long a watch outlives its last subscriber: a contended lock is wanted again soon. */
const LINGER_MS = 1000;

export interface WatchSubscriber {
  /** Every DELETE after `revision` will be heard; whatever came before has to be read. */
  synchronised(revision: Revision): void;
  deletes(events: readonly DeleteEvent[]): void;
}

export type DeleteEvent = Extract<WatchEvent, { kind: 'delete' }>;

export interface Subscription {
  /** As in {@link WatchSubscriber.synchronised}; undefined while the watch is being made. */
  completeSince(): Revision | undefined;
  /**
   * The subscriber learnt by reading what it should have heard. That can be chance, so only a
   * watch that stays silent until it is distrusted again is replaced, or one never made.
   */
  distrust(): void;
  end(): void;
  /** Ends it without waiting for the next subscriber: the watch is of no more use. */
  endAtOnce(): void;
}

/**
 * The watches of one client, one for each range however many wait on it.
 *
 * A watch that breaks is made anew from the present, and its subscribers are told to read: there
 * is no resuming from a past revision, and so nothing to go wrong in it.
 */
export class WatchHub {
  private readonly channels = new Map<string, Channel>();

  constructor(
    private readonly store: LockStore,
    private readonly clock: Clock,
    private readonly random: () => number,
  ) {}

  /** Whether a watch on this range already runs, so that subscribing costs nothing. */
  standing(range: KeyRange): boolean {
    return this.channels.get(nameOf(range))?.completeSince !== undefined;
  }

  subscribe(range: KeyRange, subscriber: WatchSubscriber): Subscription {
    const name = nameOf(range);
    let channel = this.channels.get(name);
    if (channel === undefined) {
      channel = new Channel(this.store, this.clock, this.random, range, () =>
        this.channels.delete(name),
      );
      this.channels.set(name, channel);
    }
    return channel.add(subscriber);
  }

  close(): void {
    for (const channel of [...this.channels.values()]) channel.close();
  }
}

function nameOf(range: KeyRange): string {
  return range.end === undefined ? range.key : `${range.key}\0${range.end}`;
}

class Channel {
  completeSince: Revision | undefined;
  private readonly subscribers = new Set<WatchSubscriber>();
  private readonly backoff: Backoff;
  private watch: Watch | undefined;
  private suspected = false;
  private cancelTimer = () => {};

  constructor(
    private readonly store: LockStore,
    private readonly clock: Clock,
    random: () => number,
    private readonly range: KeyRange,
    private readonly onClosed: () => void,
  ) {
    this.backoff = new Backoff(clock, random);
    this.open();
  }

  add(subscriber: WatchSubscriber): Subscription {
    if (this.subscribers.size === 0 && this.watch !== undefined)
      this.cancelTimer();
    this.subscribers.add(subscriber);
    return {
      completeSince: () => this.completeSince,
      distrust: () => this.distrust(),
      end: () => this.remove(subscriber, LINGER_MS),
      endAtOnce: () => this.remove(subscriber, 0),
    };
  }

  close(): void {
    this.cancelTimer();
    this.subscribers.clear();
    this.watch?.cancel();
    this.watch = undefined;
    this.onClosed();
  }

  private remove(subscriber: WatchSubscriber, lingerMs: number): void {
    if (!this.subscribers.delete(subscriber) || this.subscribers.size > 0)
      return;
    this.cancelTimer();
    const single = this.range.end === undefined;
    if (single || this.watch === undefined || lingerMs === 0) this.close();
    else this.cancelTimer = this.clock.setTimer(lingerMs, () => this.close());
  }

  private open(): void {
    const watch = this.store.watch(
      this.range,
      {
        created: (revision) => {
          if (this.watch !== watch) return;
          this.backoff.reset();
          this.completeSince = revision;
          for (const one of [...this.subscribers]) one.synchronised(revision);
        },
        events: (events) => {
          if (this.watch === watch) this.deliver(events);
        },
        ended: () => {
          if (this.watch !== watch) return;
          this.watch = undefined;
          this.completeSince = undefined;
          this.reopenLater();
        },
      },
      { deletesOnly: true },
    );
    this.watch = watch;
  }

  private deliver(events: readonly WatchEvent[]): void {
    const deletes = events.filter((event) => event.kind === 'delete');
    const last = deletes.at(-1);
    if (last === undefined) return;
    this.completeSince = last.modRevision;
    this.suspected = false;
    for (const one of [...this.subscribers]) one.deletes(deletes);
  }

  private distrust(): void {
    if (this.watch === undefined) return;
    if (!this.suspected && this.completeSince !== undefined) {
      this.suspected = true;
      return;
    }
    this.suspected = false;
    this.watch.cancel('silent');
    this.completeSince = undefined;
    this.open();
  }

  private reopenLater(): void {
    this.cancelTimer();
    if (this.subscribers.size === 0) {
      this.close();
      return;
    }
    this.cancelTimer = this.clock.setTimer(this.backoff.nextDelay(), () =>
      this.open(),
    );
  }
}
