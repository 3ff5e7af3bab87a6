import type { LockMode } from '../api/lock.js';

/**
 * Every ticket ahead weighs something to the ticket behind it, which is admitted while the sum
 * stays below its capacity. So one comparison serves all modes:
 *
 * - exclusive: capacity 1, everybody ahead weighs 1
 * - shared: capacity 1, other readers weigh nothing
 * - n permits: capacity n, another permit weighs 1, everything else weighs n
 */
export function capacityOf(own: LockMode): number {
  return own.mode === 'permits' ? own.permits : 1;
}

export function weightOf(ahead: LockMode, own: LockMode): number {
  if (own.mode === 'permits') return ahead.mode === 'permits' ? 1 : own.permits;
  return own.mode === 'shared' && ahead.mode === 'shared' ? 0 : 1;
}

/** Those who stand in a queue so far, counted, for queues may be long. */
export class TicketsAhead {
  private readonly counts = new Map<LockMode['mode'], [LockMode, number]>();

  static of(queue: readonly LockMode[]): TicketsAhead {
    const ahead = new TicketsAhead();
    for (const one of queue) ahead.add(one);
    return ahead;
  }

  add(one: LockMode): void {
    const count = this.counts.get(one.mode)?.[1] ?? 0;
    this.counts.set(one.mode, [one, count + 1]);
  }

  /** Whether a ticket is admitted that stands behind them. */
  admits(own: LockMode): boolean {
    let weight = 0;
    for (const [one, count] of this.counts.values())
      weight += count * weightOf(one, own);
    return weight < capacityOf(own);
  }
}

/** Says why two tickets cannot be used on one key, if so. */
export function conflictBetween(
  own: LockMode,
  other: LockMode,
): string | undefined {
  if (
    own.mode === 'permits' &&
    other.mode === 'permits' &&
    own.permits !== other.permits
  ) {
    return `asked for ${own.permits} permits, but others use it with ${other.permits}`;
  }
  const modes = [own.mode, other.mode];
  return modes.includes('shared') && modes.includes('permits')
    ? 'it is used both as a shared lock and as a semaphore'
    : undefined;
}
