import { Backoff } from '../time/backoff.js';
import type { Clock } from '../time/clock.js';
import type {
  KeyRange,
  LockStore,
  Revision,
  StoredKey,
  StoreError,
  Watch,
  WatchEvent,
  WatchListener,
} from './lock-store.js';

/**
 * How long a watch outlives its last subscriber: a contended lock is wanted again soon, and the
 * names of tickets are used again, so the one before us is likely to be the one before us again.
 */
const LINGER_MS = 1000;

export interface WatchSubscriber {
  /** Every DELETE after `revision` will be heard; whatever came before has to be read. */
  synchronised(revision: Revision): void;
  deletes(events: readonly DeleteEvent[]): void;
  /**
   * What is known has to be read again. The watch had broken and was made anew, which is told before
   * {@link synchronised}: the store behind it may have been restored meanwhile and be at any revision,
   * also the very one that is known. Or the store will not have the watch: a read shows whether that is
   * more than an outdated token.
   */
  lookAnew(): void;
  /** For those who want to hear of more than departures. */
  readonly arrivals?: {
    puts(stored: readonly StoredKey[]): void;
    /** Nothing is heard until {@link synchronised} is called again. */
    interrupted(): void;
  };
}

export type DeleteEvent = Extract<WatchEvent, { kind: 'delete' }>;

export interface Subscription {
  /** Where its range begins. */
  readonly key: string;
  /** As in {@link WatchSubscriber.synchronised}; undefined while the watch is being made. */
  completeSince(): Revision | undefined;
  /**
   * The subscriber learnt by reading what it should have heard. That can be chance, so only a
   * watch that stays silent until it is reported again is replaced, or one never made.
   */
  reportMissed(): void;
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
  private readonly parts: HubParts;

  constructor(store: LockStore, clock: Clock, random: () => number) {
    this.parts = { store, clock, random, channels: this.channels };
  }

  /** Whether a watch on this range already runs, so that subscribing costs nothing. */
  standing(range: KeyRange): boolean {
    return this.channels.get(nameOf(range, true))?.completeSince !== undefined;
  }

  subscribe(range: KeyRange, subscriber: WatchSubscriber): Subscription {
    const deletesOnly = subscriber.arrivals === undefined;
    const name = nameOf(range, deletesOnly);
    let channel = this.channels.get(name);
    if (channel === undefined) {
      channel = new Channel(range, deletesOnly, this.parts);
      this.channels.set(name, channel);
    }
    return channel.add(subscriber);
  }

  close(): void {
    for (const channel of [...this.channels.values()]) channel.close();
  }
}

function nameOf({ key, end = '' }: KeyRange, deletesOnly: boolean): string {
  return `${key}\0${end}\0${deletesOnly ? '' : 'all'}`;
}

interface HubParts {
  readonly store: LockStore;
  readonly clock: Clock;
  readonly random: () => number;
  readonly channels: Map<string, Channel>;
}

class Channel {
  completeSince: Revision | undefined;
  private subscribers: readonly WatchSubscriber[] = [];
  private backoff: Backoff | undefined;
  private watch: ChannelWatch | undefined;
  private suspected = false;
  private broken = false;
  private cancelTimer: (() => void) | undefined;

  constructor(
    readonly range: KeyRange,
    private readonly deletesOnly: boolean,
    private readonly hub: HubParts,
  ) {
    this.open();
  }

  add(subscriber: WatchSubscriber): Subscription {
    if (this.subscribers.length === 0 && this.watch !== undefined)
      this.cancelTimer?.();
    this.subscribers = [...this.subscribers, subscriber];
    return new ChannelSubscription(this, subscriber);
  }

  close(): void {
    this.cancelTimer?.();
    this.subscribers = [];
    this.watch?.cancel();
    this.watch = undefined;
    this.hub.channels.delete(nameOf(this.range, this.deletesOnly));
  }

  remove(subscriber: WatchSubscriber, lingerMs: number): void {
    const left = this.subscribers.filter((one) => one !== subscriber);
    if (left.length === this.subscribers.length) return;
    this.subscribers = left;
    if (left.length > 0) return;
    this.cancelTimer?.();
    if (this.watch === undefined || lingerMs === 0) this.close();
    else
      this.cancelTimer = this.hub.clock.setTimer(lingerMs, () => this.close());
  }

  private open(): void {
    const { range, deletesOnly } = this;
    this.watch = new ChannelWatch(this.hub.store, range, deletesOnly, this);
  }

  created(revision: Revision): void {
    this.backoff = undefined;
    this.completeSince = revision;
    const anew = this.broken;
    this.broken = false;
    for (const one of this.subscribers) {
      if (anew) one.lookAnew();
      one.synchronised(revision);
    }
  }

  ended(error: StoreError): void {
    this.watch = undefined;
    this.broken = true;
    this.interrupted();
    if (error.refusal) for (const one of this.subscribers) one.lookAnew();
    this.reopenLater();
  }

  deliver(events: readonly WatchEvent[]): void {
    const last = events.at(-1);
    if (last === undefined) return;
    const { modRevision } = last.kind === 'put' ? last.stored : last;
    this.completeSince = modRevision;
    this.suspected = false;
    const deletes = events.filter((event) => event.kind === 'delete');
    const puts = this.deletesOnly
      ? []
      : events.flatMap((event) => (event.kind === 'put' ? event.stored : []));
    for (const one of this.subscribers) {
      if (deletes.length > 0) one.deletes(deletes);
      if (puts.length > 0) one.arrivals?.puts(puts);
    }
  }

  private interrupted(): void {
    this.completeSince = undefined;
    for (const one of this.subscribers) one.arrivals?.interrupted();
  }

  missedSomething(): void {
    if (this.watch === undefined) return;
    if (!this.suspected && this.completeSince !== undefined) {
      this.suspected = true;
      return;
    }
    this.suspected = false;
    this.watch.cancel('silent');
    this.broken = true;
    this.interrupted();
    this.open();
  }

  private reopenLater(): void {
    this.cancelTimer?.();
    if (this.subscribers.length === 0) {
      this.close();
      return;
    }
    const { clock, random } = this.hub;
    this.backoff ??= new Backoff(clock, random);
    this.cancelTimer = clock.setTimer(this.backoff.nextDelay(), () =>
      this.open(),
    );
  }
}

/** One watch of a channel, which has others after it when it breaks. */
class ChannelWatch implements WatchListener {
  private readonly watch: Watch;

  constructor(
    store: LockStore,
    range: KeyRange,
    deletesOnly: boolean,
    private channel: Channel | undefined,
  ) {
    // Who hears of arrivals keeps a lock that nobody may be using.
    const background = !deletesOnly;
    this.watch = store.watch(range, this, { deletesOnly, background });
  }

  cancel(why?: 'silent'): void {
    this.channel = undefined;
    this.watch.cancel(why);
  }

  created(revision: Revision): void {
    this.channel?.created(revision);
  }

  events(events: readonly WatchEvent[]): void {
    this.channel?.deliver(events);
  }

  ended(error: StoreError): void {
    const { channel } = this;
    this.channel = undefined;
    channel?.ended(error);
  }
}

class ChannelSubscription implements Subscription {
  constructor(
    private readonly channel: Channel,
    private readonly subscriber: WatchSubscriber,
  ) {}

  get key(): string {
    return this.channel.range.key;
  }

  completeSince(): Revision | undefined {
    return this.channel.completeSince;
  }

  reportMissed(): void {
    this.channel.missedSomething();
  }

  end(): void {
    this.channel.remove(this.subscriber, LINGER_MS);
  }

  endAtOnce(): void {
    this.channel.remove(this.subscriber, 0);
  }
}
