import type { AcquireOptions, Lock } from '../../lib/core/index.js';
import type { SimulatedClient } from './simulated-client.js';
import type { Rule, TicketRecord } from './ticket-record.js';
import { NAMESPACE } from './world.js';

export interface Wish {
  readonly keys: readonly string[];
  readonly rule: Rule;
  readonly waitMs: number;
  /** How long it waits at most, also for an answer. */
  readonly patienceMs: number;
  readonly minHoldMs: number;
  readonly maxHoldMs: number;
  readonly keepMs: number;
  readonly options: AcquireOptions;
  /** Callers who share one place in the queue name the same queue. */
  readonly queue: string | undefined;
}

/** One call for a lock, as its caller lives through it. */
export class Attempt {
  state: 'pending' | 'holding' | 'over' = 'pending';
  lock: Lock | undefined;
  tickets: readonly TicketRecord[] = [];
  grantedAt = 0;
  /** When the caller let go of it, or was told of its loss. */
  endedAt = Infinity;
  lostAt: number | undefined;
  /** It failed, and the error did not say that nothing was left behind. */
  mayHaveLeftTickets = false;
  /** Its caller was told, after it had the lock, that nothing of it is left. */
  confirmedOut = false;
  aborted = false;
  /** Takes away the timer of its caller's patience. */
  onAnswered = () => {};
  /** It was given a further handle on what its caller held already. */
  reentrant = false;
  /** Whose lock it took again, which its process had kept. */
  keptFrom: Attempt | undefined;

  constructor(
    readonly id: number,
    readonly client: SimulatedClient,
    readonly wish: Wish,
    readonly invokedAt: number,
  ) {}

  get name(): string {
    const { keys, rule } = this.wish;
    const mode = rule.mode === 'permits' ? `1 of ${rule.permits}` : rule.mode;
    return `#${this.id} (${this.client.name}, ${keys.join('+')}, ${mode})`;
  }

  /** Whether its caller has stopped waiting, or is about to. */
  isDeparting(now: number): boolean {
    const waited = now - this.invokedAt;
    return (
      this.aborted ||
      this.client.closing !== undefined ||
      waited >= this.wish.patienceMs * 0.9
    );
  }

  get queues(): readonly string[] {
    return this.wish.keys.map((key) => `${NAMESPACE}${key}/`);
  }

  /** Whether code that runs now, and looks as its author was told to, takes the lock for its own. */
  get believed(): boolean {
    const { process } = this.client;
    if (this.state !== 'holding' || !process.running) return false;
    const lock = this.lock!;
    if (lock.signal.aborted) return false;
    return !process.timersLag || lock.held;
  }
}
