import type { Backoff } from '../time/backoff.js';
import { LockStoreError } from '../api/errors.js';
import type { LockWatcher } from '../api/lock-state.js';
import type { LockState } from '../api/lock-state.js';
import {
  prefixRange,
  type Revision,
  type StoredKey,
  type StoreError,
  type Watch,
  type WatchEvent,
} from '../store/lock-store.js';
import { lockStateOf, queueOf } from './queue-state.js';
import { ignoringErrors } from '../options/ignoring-errors.js';
import { newBackoff, type ClientContext } from '../context/client-context.js';
import { ticketPages } from '../queue/ticket-pages.js';

/** A long list is put together in pieces: whoever holds a lock in this process needs its turns. */
const PIECE = 500;

/**
 * One watch and what it shows. The watch comes first and the reading after it, so nothing falls
 * between them; what both tell is taken once, by its revision.
 */
export class LockWatch {
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
    private readonly context: ClientContext,
    private readonly prefix: string,
    private readonly watcher: LockWatcher,
  ) {
    this.backoff = newBackoff(context);
    this.open();
  }

  end(): void {
    this.ended = true;
    this.stopTimer();
    this.watch?.cancel();
  }

  /** The store has gone back: what was shown may never have happened. */
  startAnew(): void {
    if (this.watch === undefined) return;
    this.watch.cancel();
    this.open();
  }

  private open(): void {
    this.queues.clear();
    this.revision = 0n;
    this.early = [];
    const watch = this.context.store.watch(prefixRange(this.prefix), {
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
      for await (const page of ticketPages(this.context, this.prefix)) {
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
    ignoringErrors(() => this.watcher.snapshot(all, this.revision));
  }

  private otherTurn(): Promise<void> {
    return new Promise((resolve) => {
      this.context.clock.setTimer(0, resolve);
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
    ignoringErrors(() => this.watcher.changed(locks, this.revision));
  }

  /** The queue that the event changed, if it did. */
  private apply(event: WatchEvent): string | undefined {
    if (event.kind === 'put') return this.put(event.stored);
    const prefix = queueOf(this.context.namespace, event.key);
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
    const prefix = queueOf(this.context.namespace, stored.key);
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
    const tickets = [...(this.queues.get(prefix)?.values() ?? [])];
    return lockStateOf(this.context.namespace, prefix, tickets);
  }

  private interrupt(watch: Watch, error: StoreError): void {
    if (this.watch !== watch || this.ended) return;
    this.watch = undefined;
    ignoringErrors(() =>
      this.watcher.interrupted(LockStoreError.from('', error)),
    );
    this.stopTimer = this.context.clock.setTimer(this.backoff.nextDelay(), () =>
      this.open(),
    );
  }
}
