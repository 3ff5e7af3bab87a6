import type { LeaseId } from './lock-store.js';
import { ticketName } from './ticket.js';

/**
 * Which ticket names of a session are in use.
 *
 * Names are used again: a fresh name for each acquisition would pile up in etcd's index until the
 * next compaction and make every range slower. A name is free only when its ticket is known to be
 * gone.
 */
export class TicketSlots {
  private readonly inUse = new Set<string>();

  constructor(private readonly lease: LeaseId) {}

  /** The name of a ticket in the queue of `prefix`. */
  take(prefix: string): string {
    let slot = 0;
    let name = ticketName(prefix, this.lease, slot);
    while (this.inUse.has(name)) {
      slot += 1;
      name = ticketName(prefix, this.lease, slot);
    }
    this.inUse.add(name);
    return name;
  }

  free(name: string): void {
    this.inUse.delete(name);
  }
}
