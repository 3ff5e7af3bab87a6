import type { Attempt } from '../simulation/attempt.js';
import type { TicketRecord } from '../simulation/ticket-record.js';
import { type Held, judge } from '../torture/checker/linearizable-lock.js';

/** What the callers of one schedule were told, and in which order: all that the second judge sees. */
export class Witnessed {
  private time = 0;
  private readonly asked = new Map<Attempt, number>();
  private readonly granted = new Map<Attempt, number>();
  private readonly taken = new Map<TicketRecord, number>();
  private readonly until = new Map<Attempt, number>();

  ask(attempt: Attempt): void {
    this.asked.set(attempt, this.tick());
  }

  grant(attempt: Attempt): void {
    this.granted.set(attempt, this.tick());
    for (const ticket of attempt.tickets) {
      const taken = this.taken.get(ticket);
      if (taken !== undefined) this.until.set(attempt, taken);
    }
    attempt.lock!.signal.addEventListener('abort', () => this.end(attempt));
  }

  /** Somebody's ticket was deleted by hand, perhaps before its owner hears that it has the lock. */
  take(ticket: TicketRecord): void {
    this.taken.set(ticket, this.tick());
    this.endWhere(({ tickets }) => tickets.includes(ticket));
  }

  /** Nobody counts on it from now on. */
  end(attempt: Attempt): void {
    if (this.until.has(attempt)) return;
    this.until.set(attempt, this.tick());
  }

  /** Whatever somebody holds of whom this is true is nothing to count on any more. */
  endWhere(is: (attempt: Attempt) => boolean): void {
    for (const attempt of this.granted.keys())
      if (is(attempt)) this.end(attempt);
  }

  /** Why no lock could have said so. */
  verdict(): string | undefined {
    const attempts = [...this.granted.keys()];
    const keys = new Set(attempts.flatMap(({ wish }) => wish.keys));
    for (const key of keys) {
      const held = attempts
        .filter(({ wish }) => wish.keys.includes(key))
        .map((attempt) => this.heldOf(attempt));
      const found = judge(held);
      if (found.outcome === 'not linearizable') {
        const stuck = found.stuck.map(({ held: { who } }) => who).join(', ');
        return `no lock "${key}" could have said so: ${stuck} after ${found.order.length} steps`;
      }
    }
    return undefined;
  }

  private heldOf(attempt: Attempt): Held {
    const { mode, permits } = attempt.wish.rule;
    return {
      who: attempt.name,
      mode,
      permits,
      token: attempt.lock!.fencingToken,
      kept: attempt.keptFrom !== undefined && !attempt.reentrant,
      asked: this.asked.get(attempt)!,
      granted: this.granted.get(attempt)!,
      until: this.until.get(attempt) ?? Infinity,
    };
  }

  private tick(): number {
    this.time += 1;
    return this.time;
  }
}
