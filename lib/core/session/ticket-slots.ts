interface Slots {
  taken: number;
  /** The first that was never taken. */
  next: number;
  /** Those before it that are free again. */
  readonly free: number[];
}

/**
 * Which ticket names of a session are in use, for each queue.
 *
 * Names are used again: a fresh name for each acquisition would pile up in etcd's index until the
 * next compaction and make every range slower. A name is free only when its ticket is known to be
 * gone.
 */
export class TicketSlots {
  private readonly queues = new Map<string, Slots>();
  /** Names that nobody uses, and nobody may use again. */
  private readonly givenUp = new Set<string>();

  /** How many were given up. It only grows. */
  get givenUpCount(): number {
    return this.givenUp.size;
  }

  take(prefix: string): number {
    let slots = this.queues.get(prefix);
    if (slots === undefined) {
      slots = { taken: 0, next: 0, free: [] };
      this.queues.set(prefix, slots);
    }
    slots.taken += 1;
    return slots.free.pop() ?? slots.next++;
  }

  /** Whether a ticket of this name may stand in etcd on behalf of somebody. */
  isTaken(prefix: string, slot: number): boolean {
    const slots = this.queues.get(prefix);
    return (
      slots !== undefined &&
      slot < slots.next &&
      !slots.free.includes(slot) &&
      !this.givenUp.has(`${prefix}${slot}`)
    );
  }

  /** Nobody owns the ticket of this name any more, and it may stand for as long as its lease lives. */
  giveUp(prefix: string, slot: number): void {
    this.givenUp.add(`${prefix}${slot}`);
  }

  free(prefix: string, slot: number): void {
    const slots = this.queues.get(prefix);
    if (slots === undefined || slots.free.includes(slot)) return;
    slots.taken -= 1;
    if (slots.taken === 0) this.queues.delete(prefix);
    else slots.free.push(slot);
  }
}
