import type { LockMode } from '../api/lock.js';
import type { StoredKey } from '../store/lock-store.js';
import { capacityOf, conflictBetween, weightOf } from './admission.js';
import { compareTickets, lockModeOf, mayBeKept } from './ticket.js';

/** What stands before each place, to a ticket of one lock mode. */
interface Burden {
  readonly weights: readonly number[];
  readonly conflicts: readonly (string | undefined)[];
}

/** Shorter queues are weighed faster than they are remembered. */
const REMEMBERED_FROM = 8;

/**
 * One read of a queue, put in order and weighed once, for however many tickets of this process look at
 * it: a thousand of them must not cost a thousand times a thousand.
 */
export class QueueOrder {
  private static readonly known = new WeakMap<
    readonly StoredKey[],
    QueueOrder
  >();

  readonly tickets: readonly StoredKey[];
  private places: ReadonlyMap<string, number> | undefined;
  private burdens: Map<string, Burden> | undefined;

  private constructor(keys: readonly StoredKey[]) {
    this.tickets = keys.length < 2 ? keys : [...keys].sort(compareTickets);
  }

  static of(keys: readonly StoredKey[]): QueueOrder {
    if (keys.length < REMEMBERED_FROM) return new QueueOrder(keys);
    let order = this.known.get(keys);
    if (order === undefined) {
      order = new QueueOrder(keys);
      this.known.set(keys, order);
    }
    return order;
  }

  /** The one ticket of the queue, if it is the only one and may be kept. */
  get onlyKeeper(): string | undefined {
    const [first, second] = this.tickets;
    return first !== undefined && second === undefined && mayBeKept(first)
      ? first.key
      : undefined;
  }

  placeOf(name: string): number | undefined {
    const { tickets } = this;
    if (tickets.length < REMEMBERED_FROM) {
      const place = tickets.findIndex(({ key }) => key === name);
      return place === -1 ? undefined : place;
    }
    this.places ??= new Map(tickets.map(({ key }, place) => [key, place]));
    return this.places.get(name);
  }

  /** What those before the place weigh to `own`. */
  weightBefore(place: number, own: LockMode): number {
    return place === 0 ? 0 : this.burdenOf(own).weights[place]!;
  }

  /** What is left of the capacity of `own` behind all of them: it is admitted if that is anything. */
  roomFor(own: LockMode): number {
    return capacityOf(own) - this.weightBefore(this.tickets.length, own);
  }

  /** Why `own` must not stand in one queue with some of those before the place, if so. */
  conflictBefore(place: number, own: LockMode): string | undefined {
    return place === 0 ? undefined : this.burdenOf(own).conflicts[place];
  }

  private burdenOf(own: LockMode): Burden {
    const kind = own.mode === 'permits' ? `${own.permits}` : own.mode;
    this.burdens ??= new Map();
    let burden = this.burdens.get(kind);
    if (burden === undefined) {
      const weights = [0];
      const conflicts: (string | undefined)[] = [undefined];
      for (const [place, ticket] of this.tickets.entries()) {
        const lockMode = lockModeOf(ticket);
        weights.push(weights[place]! + weightOf(lockMode, own));
        conflicts.push(conflicts[place] ?? conflictBetween(own, lockMode));
      }
      burden = { weights, conflicts };
      this.burdens.set(kind, burden);
    }
    return burden;
  }
}
