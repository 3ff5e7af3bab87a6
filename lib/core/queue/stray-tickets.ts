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
 * The tickets on the lease of a session that none of its users owns. There are some where a store was
 * restored from a backup, and has tickets again that were removed since, and where a store refused to
 * remove them. As long as the lease is kept alive they would block their keys. A restore may show in
 * nothing else, so the lease is looked at once a TTL; after a refusal with the next renewal, and until
 * a look succeeds.
 */
export class StrayTickets {
  private renewalsLeft = RENEWALS_PER_LOOK;
  private looking = false;
  /** How many names had been given up at the last look. */
  private lookedFor = 0;

  constructor(
    private readonly context: ClientContext,
    private readonly session: Session,
  ) {}

  /** To be called at each renewal of the lease. */
  renewed(): void {
    this.renewalsLeft -= 1;
    if (this.looking) return;
    const someToFind = this.session.slots.givenUpCount > this.lookedFor;
    if (this.renewalsLeft <= 0 || someToFind) void this.remove();
  }

  /** Looks now, and removes what it finds. Where that fails, the next renewal looks again. */
  async remove(): Promise<void> {
    this.renewalsLeft = RENEWALS_PER_LOOK;
    if (!this.session.checkAlive()) return;
    this.lookedFor = this.session.slots.givenUpCount;
    this.looking = true;
    try {
      await this.removeAll();
    } catch {
      this.renewalsLeft = 0;
    } finally {
      this.looking = false;
    }
  }

  private async removeAll(): Promise<void> {
    const { commits } = this.context;
    const [first, ...others] = await this.find();
    if (first === undefined) return;
    const remove = (stray: Stray) => commits.submit(removeTransaction([stray]));
    // Where it is refused there is no need to ask for all of them.
    const reply = await remove(first);
    const replies = [reply, ...(await Promise.all(others.map(remove)))];
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
