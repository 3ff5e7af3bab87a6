/**
 * Which ticket names of a session are in use, for each queue.
 *
 * Names are used again: a fresh name for each acquisition would pile up in etcd's index until the
 * next compaction and make every range slower. A name is free only when its ticket is known to be
 * gone.
 */
export class TicketSlots {
  private readonly inUse = new Map<string, Set<number>>();

  take(prefix: string): number {
    let slots = this.inUse.get(prefix);
    if (slots === undefined) this.inUse.set(prefix, (slots = new Set()));
    let slot = 0;
    while (slots.has(slot)) slot += 1;
    slots.add(slot);
    return slot;
  }

  free(prefix: string, slot: number): void {
    const slots = this.inUse.get(prefix);
    slots?.delete(slot);
    if (slots?.size === 0) this.inUse.delete(prefix);
  }
}
