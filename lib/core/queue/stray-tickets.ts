import type { ClientContext } from '../context/client-context.js';
import type { Session } from '../session/session.js';
import {
  removedAll,
  removeTransaction,
  type Stray,
} from './queue-transactions.js';
import { slotOf } from './ticket.js';

/** Every third renewal is one a TTL. */
const RENEWALS_PER_LOOK = 3;

/**
 * The tickets on the lease of a session that none of its users owns. A store that was restored from a
 * backup may hold some that were removed since, and one that refused to remove them holds them as well:
 * as long as the lease is kept alive they would block their keys. A restore may show in nothing else,
 * so the lease is looked at once a TTL, and at each renewal where some are known to be left.
 */
export class StrayTickets {
  private renewalsLeft = RENEWALS_PER_LOOK;

  constructor(
    private readonly context: ClientContext,
    private readonly session: Session,
  ) {}

  /** To be called at each renewal of the lease. */
  renewed(): void {
    this.renewalsLeft -= 1;
    if (this.renewalsLeft <= 0 || this.session.slots.someLeft)
      void this.remove();
  }

  /** Looks now, and removes what it finds. Where that fails, the next renewal looks again. */
  async remove(): Promise<void> {
    this.renewalsLeft = RENEWALS_PER_LOOK;
    if (!this.session.checkAlive()) return;
    try {
      await this.removeAll();
    } catch {
      this.renewalsLeft = 0;
    }
  }

  private async removeAll(): Promise<void> {
    const { commits } = this.context;
    const removals = (await this.find()).map((stray) =>
      commits.submit(removeTransaction([stray])),
    );
    const replies = await Promise.all(removals);
    // What the lease still named, but had been removed meanwhile, was none.
    if (replies.some(removedAll)) this.session.retire();
  }

  /**
   * A name is in use until its ticket is surely gone, so whatever stands under one that is free is a
   * stray; a later user of the name puts its ticket later.
   */
  private async find(): Promise<readonly Stray[]> {
    const { store, namespace, requestTimeoutMs: timeoutMs } = this.context;
    const { lease, slots, fence } = this.session;
    const { keys, revision: putBy } = await store.attachedKeys(lease, {
      timeoutMs,
    });
    if (!this.session.checkAlive()) return [];
    const strays: Stray[] = [];
    for (const name of keys) {
      if (name === fence.key || !name.startsWith(namespace)) continue;
      const slot = slotOf(name, lease);
      if (slot !== undefined && !slots.isTaken(slot.prefix, slot.number))
        strays.push({ prefix: slot.prefix, name, putBy });
    }
    return strays;
  }
}
