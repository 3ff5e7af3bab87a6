import type { LockMode } from '../api/lock.js';
import { capacityOf, weightOf } from './admission.js';
import type { Revision, StoredKey } from '../store/lock-store.js';
import { QueueOrder } from './queue-order.js';
import { lockModeOf } from './ticket.js';

/** Those ahead of a ticket: who stood before it when the queue was read, but for those who have left. */
interface Ahead {
  readonly queue: QueueOrder;
  readonly place: number;
  readonly left: Set<string>;
}

/**
 * What one ticket knows of the queue before it: a snapshot, then the deletes that follow it.
 * Tickets that come later are of no interest; nobody can get in ahead of a ticket later.
 */
export class QueueView {
  /** Undefined while nobody is. */
  private ahead: Ahead | undefined;
  private weightAhead = 0;
  private readAt: Revision = 0n;
  private heardAt: Revision = 0n;
  private created: Revision | undefined;
  private token: Revision | undefined;
  private present = true;

  /** Why the ticket must not stay in this queue. */
  conflict: string | undefined;

  constructor(
    readonly name: string,
    private readonly own: LockMode,
  ) {}

  /** The revision of the last snapshot. */
  get revision(): Revision {
    return this.readAt;
  }

  /** The create revision of the ticket, once it has been seen. */
  get createRevision(): Revision | undefined {
    return this.created;
  }

  get aheadCount(): number {
    return this.ahead ? this.ahead.place - this.ahead.left.size : 0;
  }

  /** False once the ticket is known to have been deleted. */
  get ticketPresent(): boolean {
    return this.present;
  }

  /**
   * The fencing token, once admitted: the revision at which it was known that nobody is in the way.
   * The previous holder's token is older than its own DELETE, and that DELETE is no younger than
   * this revision, so tokens grow strictly from holder to holder.
   */
  get admittedAt(): Revision | undefined {
    return this.token;
  }

  /** The last ticket ahead that counts: as long as it stands, this one is not admitted. */
  get nearestBlocker(): string | undefined {
    if (this.ahead === undefined) return undefined;
    const { queue, left } = this.ahead;
    for (let place = this.ahead.place - 1; place >= 0; place -= 1) {
      const ticket = queue.tickets[place]!;
      if (!left.has(ticket.key) && this.weightOf(ticket) > 0) return ticket.key;
    }
    return undefined;
  }

  /** Whether it waits for somebody, and for none of these. */
  waitsForOthersThan(names: readonly string[]): boolean {
    if (this.weightAhead < capacityOf(this.own)) return false;
    return !names.some((name) => this.aheadByName(name) !== undefined);
  }

  /** Takes in a read of the whole queue, oldest ticket first. An older read is ignored. */
  snapshot(revision: Revision, keys: readonly StoredKey[]): void {
    if (revision < this.readAt || revision < this.heardAt) return;
    this.readAt = revision;
    const queue = QueueOrder.of(keys);
    const place = queue.placeOf(this.name);
    const own = place === undefined ? undefined : queue.tickets[place];
    if (
      own === undefined ||
      (this.created !== undefined && own.createRevision !== this.created)
    ) {
      this.present = false;
      return;
    }
    this.created = own.createRevision;
    this.conflict ??= queue.conflictBefore(place!, this.own);
    this.weightAhead = queue.weightBefore(place!, this.own);
    this.ahead = { queue, place: place!, left: new Set() };
    this.admitAt(revision);
  }

  /** Forgets up to where the queue is known, for the store has gone back: a read has to follow. */
  forget(): void {
    this.readAt = 0n;
    this.heardAt = 0n;
  }

  /**
   * Takes in one DELETE. Those the last snapshot already contains are ignored. It admits only where
   * `complete` says that every DELETE before it was heard as well, also that of the own ticket.
   */
  deleted(name: string, revision: Revision, complete: boolean): void {
    if (revision <= this.readAt || this.created === undefined) return;
    // A watch that was made anew may repeat what an earlier one has told.
    if (revision > this.heardAt) this.heardAt = revision;
    if (name === this.name) {
      this.present = false;
      return;
    }
    const ticket = this.aheadByName(name);
    if (ticket === undefined) return;
    this.ahead!.left.add(name);
    this.weightAhead -= this.weightOf(ticket);
    if (complete) this.admitAt(this.heardAt);
  }

  private admitAt(revision: Revision): void {
    if (!this.present || this.weightAhead >= capacityOf(this.own)) return;
    this.token ??= revision;
    this.ahead = undefined;
    this.weightAhead = 0;
  }

  private aheadByName(name: string): StoredKey | undefined {
    if (this.ahead === undefined) return undefined;
    const { queue, place, left } = this.ahead;
    const other = queue.placeOf(name);
    const isAhead = other !== undefined && other < place && !left.has(name);
    return isAhead ? queue.tickets[other] : undefined;
  }

  private weightOf(ticket: StoredKey): number {
    return weightOf(lockModeOf(ticket), this.own);
  }
}
