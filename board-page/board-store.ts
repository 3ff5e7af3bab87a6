import { ownerName } from '../lib/board/owner-name.js';
import { pageNumber, PAGES } from '../lib/board/page-number.js';
import type {
  Gap,
  Greeting,
  PastHold,
  ShownLock,
  Update,
} from '../lib/board/wire.js';
import { LeaseTimes } from './lease-times.js';

/** A lock that has become free stays in sight for a moment. */
const FREED_MS = 4_000;
const MOST_FREED = 200;
const PAST_MS = 10 * 60_000;
const MOST_PAST = 400;

/** What the page knows: the locks, and what came before. */
export class BoardStore {
  readonly locks = new Map<string, ShownLock>();
  /** Locks that are free now, as they were, and since when. */
  readonly freed = new Map<string, { lock: ShownLock; at: number }>();
  readonly leases = new LeaseTimes();
  gaps: readonly Gap[] = [];
  allowRelease = false;
  /** Whether all locks have been seen once. */
  ready = false;
  /** Why what is seen may be out of date. */
  trouble: string | undefined;

  private readonly pages: Set<string>[] = Array.from(
    { length: PAGES },
    () => new Set(),
  );
  /** Of the page that is being sent, what has been. */
  private readonly present = new Set<string>();
  private readonly past = new Map<string, PastHold[]>();
  private pastSeen = 0;
  private readonly owners = new Map<string, number>();
  private readonly listeners = new Set<() => void>();
  private connected = false;
  private offset = 0;

  /** The server's time. */
  now(): number {
    return Date.now() + this.offset;
  }

  subscribe(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  greet({ at, allowRelease }: Greeting): void {
    this.offset = at - Date.now();
    this.allowRelease = allowRelease;
    this.connected = true;
    this.ready = false;
    this.trouble = undefined;
    this.locks.clear();
    this.freed.clear();
    this.past.clear();
    this.pastSeen = 0;
    this.present.clear();
    for (const page of this.pages) page.clear();
  }

  take(update: Update): void {
    if (!this.connected) return;
    update.past.forEach((hold, index) => {
      const number = (update.pastFrom ?? 0) + index;
      if (number < this.pastSeen) return;
      this.pastSeen = number + 1;
      this.remember(hold);
    });
    for (const lock of update.locks) {
      this.locks.set(lock.id, lock);
      this.pages[pageNumber(lock.id)]!.add(lock.id);
      this.freed.delete(lock.id);
      for (const holder of lock.holders) this.colorOf(ownerName(holder));
    }
    for (const id of update.gone) this.free(id, update.at);
    if (update.page) this.turn(update);
    if (update.gaps) this.gaps = update.gaps;
    if (update.leases) this.leases.take(update.leases, update.at);
    if (update.trouble !== undefined) {
      this.trouble = update.trouble ?? undefined;
    }
    if (update.complete) this.ready = true;
    this.forget();
    this.tell();
  }

  disconnected(reason: string): void {
    this.connected = false;
    this.trouble = reason;
    this.tell();
  }

  /** The holds of a lock that are over, in order. */
  pastOf(id: string): readonly PastHold[] {
    return this.past.get(id) ?? [];
  }

  /** A number that stays with an owner. */
  colorOf(owner: string): number {
    const known = this.owners.get(owner);
    if (known !== undefined) return known;
    this.owners.set(owner, this.owners.size);
    return this.owners.size - 1;
  }

  /** What a page has no more is gone. */
  private turn({ page, locks, at }: Update): void {
    for (const { id } of locks) this.present.add(id);
    if (!page!.last) return;
    for (const id of this.pages[page!.number]!) {
      if (!this.present.has(id)) this.free(id, at);
    }
    this.present.clear();
  }

  private free(id: string, at: number): void {
    this.pages[pageNumber(id)]!.delete(id);
    const lock = this.locks.get(id);
    if (lock === undefined) return;
    this.locks.delete(id);
    if (this.freed.size < MOST_FREED) this.freed.set(id, { lock, at });
  }

  private remember(hold: PastHold): void {
    const holds = this.past.get(hold.id) ?? [];
    holds.push(hold);
    if (holds.length > MOST_PAST) holds.splice(0, MOST_PAST / 4);
    this.past.set(hold.id, holds);
  }

  private forget(): void {
    const now = this.now();
    for (const [id, { at }] of this.freed) {
      if (now - at > FREED_MS) this.freed.delete(id);
    }
    for (const [id, holds] of this.past) {
      if (now - holds.at(-1)!.to > PAST_MS) this.past.delete(id);
    }
  }

  /** Also once in a while without news, for what passes with time. */
  tick(): void {
    this.forget();
    this.tell();
  }

  private tell(): void {
    for (const listener of this.listeners) listener();
  }
}
