import type { AcquireRequest } from '../options/acquire-request.js';
import type { Hold } from './hold.js';
import type { KeptEndReason } from '../api/lock-events.js';
import type { EventLoopTurns } from '../time/event-loop-turns.js';

/** A lock that this process keeps and nobody uses just now. */
export interface KeptLock {
  readonly prefix: string;
  /** Gives it to a caller, if it may be taken without asking etcd and its terms are the caller's. */
  takeKept(request: AcquireRequest): Hold | undefined;
  giveUpKept(reason: KeptEndReason): void;
}

/** The locks that one client keeps: the one that was used last comes last. */
export class KeptLocks {
  private readonly resting = new Map<string, KeptLock>();
  private closed = false;

  constructor(
    private readonly most: number,
    private readonly turns: EventLoopTurns,
  ) {}

  /**
   * Set where locks have been taken again for so long without a turn of the event loop that nobody
   * could be heard who wants them: it is to be awaited before the next one is taken.
   */
  get turnDue(): Promise<void> | undefined {
    return this.turns.due ? this.turns.next() : undefined;
  }

  /** Whether any more may be kept. */
  get open(): boolean {
    return !this.closed && this.most > 0;
  }

  get count(): number {
    return this.resting.size;
  }

  take(request: AcquireRequest): Hold | undefined {
    if (this.resting.size === 0 || request.prefixes.length > 1)
      return undefined;
    return this.resting.get(request.prefixes[0]!)?.takeKept(request);
  }

  add(lock: KeptLock): void {
    this.resting.set(lock.prefix, lock);
    if (this.resting.size <= this.most) return;
    for (const oldest of this.resting.values()) {
      this.remove(oldest);
      oldest.giveUpKept('too-many');
      return;
    }
  }

  remove(lock: KeptLock): void {
    if (this.resting.get(lock.prefix) === lock)
      this.resting.delete(lock.prefix);
  }

  close(): void {
    this.closed = true;
    this.giveUpAll('closed');
  }

  /** All of them at once, so that they leave etcd together. */
  giveUpAll(reason: KeptEndReason): void {
    for (const lock of [...this.resting.values()]) lock.giveUpKept(reason);
  }
}
