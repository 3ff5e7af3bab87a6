import type { LockMode } from '../api/lock.js';
import { capacityOf, conflictBetween, weightOf } from './admission.js';
import type { Revision, StoredKey } from '../store/lock-store.js';
import { compareTickets, lockModeOf } from './ticket.js';

/** Shared by all who have nobody ahead. Never written to. */
const NOBODY = new Map<string, number>();

/**
 * What one ticket knows of the queue before it: a snapshot, then the deletes that follow it.
 * Tickets that come later are of no interest; nobody can get in ahead of a ticket later.
 */
export class QueueView {
  /** Weight of the tickets ahead, by name, in the order of the queue. */
  private ahead: Map<string, number> = NOBODY;
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
    return this.ahead.size;
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
    let nearest: string | undefined;
    for (const [name, weight] of this.ahead) if (weight > 0) nearest = name;
    return nearest;
  }

  /** Takes in a read of the whole queue, oldest ticket first. An older read is ignored. */
  snapshot(revision: Revision, keys: readonly StoredKey[]): void {
    if (revision < this.readAt || revision < this.heardAt) return;
    this.readAt = revision;
    const own = keys.find((key) => key.key === this.name);
    if (
      own === undefined ||
      (this.created !== undefined && own.createRevision !== this.created)
    ) {
      this.present = false;
      return;
    }
    this.created = own.createRevision;
    this.ahead = NOBODY;
    this.weightAhead = 0;
    for (const key of keys) {
      if (compareTickets(key, own) < 0) this.addAhead(key);
    }
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
    const weight = this.ahead.get(name);
    if (weight === undefined) return;
    this.ahead.delete(name);
    this.weightAhead -= weight;
    if (complete) this.admitAt(this.heardAt);
  }

  private addAhead(key: StoredKey): void {
    const lockMode = lockModeOf(key);
    const weight = weightOf(lockMode, this.own);
    if (this.ahead === NOBODY) this.ahead = new Map();
    this.ahead.set(key.key, weight);
    this.weightAhead += weight;
    this.conflict ??= conflictBetween(this.own, lockMode);
  }

  private admitAt(revision: Revision): void {
    if (!this.present || this.weightAhead >= capacityOf(this.own)) return;
    this.token ??= revision;
    this.ahead = NOBODY;
    this.weightAhead = 0;
  }
}
