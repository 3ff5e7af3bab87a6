import type { Backoff } from './backoff.js';
import { LockStoreError } from './errors.js';
import type { LockFollower } from './lock-follower.js';
import type { LockState } from './lock-state.js';
import {
  prefixRange,
  type Revision,
  type StoredKey,
  type StoreError,
  type Watch,
  type WatchEvent,
} from './lock-store.js';
import { lockStateOf, queueOf } from './queue-state.js';
import { quietly } from './quietly.js';
import { newBackoff, type Runtime } from './runtime.js';
import { byAge, ticketPages } from './ticket-pages.js';

/** A long list is put together in pieces: whoever holds a lock in this process needs its turns. */
const PIECE = 500;

/**
 * One watch and what it shows. The watch comes first and the reading after it, so nothing falls
 * between them; what both tell is taken once, by its revision.
 */
export class Following {
  private readonly backoff: Backoff;
  private readonly queues = new Map<string, Map<string, StoredKey>>();
  /** What was heard before everything was read. */
  private early: WatchEvent[] | undefined;
  private revision: Revision = 0n;
  private watch: Watch | undefined;
  private stopTimer = () => {};
  private ended = false;

  /** `prefix`: of the namespace, or of one queue in it. */
  constructor(
    private readonly runtime: Runtime,
    private readonly prefix: string,
    private readonly follower: LockFollower,
  ) {
    this.backoff = newBackoff(runtime);
    this.open();
  }

  end(): void {
    this.ended = true;
    this.stopTimer();
    this.watch?.cancel();
  }

  private open(): void {
    this.queues.clear();
    this.early = [];
    const watch = this.runtime.store.watch(prefixRange(this.prefix), {
      created: () => void this.read(watch),
      events: (events) => {
        if (this.watch !== watch || this.ended) return;
        if (this.early === undefined) this.take(events);
        else this.early.push(...events);
      },
      ended: (error) => this.interrupt(watch, error),
    });
    this.watch = watch;
  }

  private async read(watch: Watch): Promise<void> {
    try {
      for await (const page of ticketPages(this.runtime, this.prefix)) {
        if (this.watch !== watch || this.ended) return;
        for (const stored of page.keys) this.put(stored);
        this.revision = page.revision;
      }
    } catch (error) {
      watch.cancel();
      this.interrupt(watch, error as StoreError);
      return;
    }
    const locks = new Map<string, LockState>();
    for (const prefix of [...this.queues.keys()]) {
      if (locks.size % PIECE === PIECE - 1) await this.otherTurn();
      locks.set(prefix, this.state(prefix));
    }
    if (this.watch !== watch || this.ended) return;
    for (const event of this.early ?? []) {
      const changed = this.apply(event);
      if (changed !== undefined) locks.set(changed, this.state(changed));
    }
    for (const prefix of locks.keys()) {
      if (!this.queues.has(prefix)) locks.delete(prefix);
    }
    this.early = undefined;
    this.backoff.reset();
    const all = [...locks.values()];
    quietly(() => this.follower.snapshot(all, this.revision));
  }

  private otherTurn(): Promise<void> {
    return new Promise((resolve) => {
      this.runtime.clock.setTimer(0, resolve);
    });
  }

  private take(events: readonly WatchEvent[]): void {
    const changed = new Set<string>();
    for (const event of events) {
      const queue = this.apply(event);
      if (queue !== undefined) changed.add(queue);
    }
    if (changed.size === 0) return;
    const locks = [...changed].map((prefix) => this.state(prefix));
    quietly(() => this.follower.changed(locks, this.revision));
  }

  /** The queue that the event changed, if it did. */
  private apply(event: WatchEvent): string | undefined {
    if (event.kind === 'put') return this.put(event.stored);
    const prefix = queueOf(this.runtime.namespace, event.key);
    const queue = prefix === undefined ? undefined : this.queues.get(prefix);
    const known = queue?.get(event.key);
    if (!queue || !known || known.modRevision > event.modRevision)
      return undefined;
    this.passed(event.modRevision);
    queue.delete(event.key);
    if (queue.size === 0) this.queues.delete(prefix!);
    return prefix;
  }

  private put(stored: StoredKey): string | undefined {
    const prefix = queueOf(this.runtime.namespace, stored.key);
    if (prefix === undefined) return undefined;
    const queue = this.queues.get(prefix) ?? new Map<string, StoredKey>();
    const known = queue.get(stored.key);
    if (known && known.modRevision >= stored.modRevision) return undefined;
    this.queues.set(prefix, queue);
    queue.set(stored.key, stored);
    this.passed(stored.modRevision);
    return prefix;
  }

  private passed(revision: Revision): void {
    if (revision > this.revision) this.revision = revision;
  }

  private state(prefix: string): LockState {
    const tickets = [...(this.queues.get(prefix)?.values() ?? [])].sort(byAge);
    return lockStateOf(this.runtime.namespace, prefix, tickets);
  }

  private interrupt(watch: Watch, error: StoreError): void {
    if (this.watch !== watch || this.ended) return;
    this.watch = undefined;
    quietly(() => this.follower.interrupted(LockStoreError.from('', error)));
    this.stopTimer = this.runtime.clock.setTimer(this.backoff.nextDelay(), () =>
      this.open(),
    );
  }
}
