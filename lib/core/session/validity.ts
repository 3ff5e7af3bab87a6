import { elapsedBetween, type Instant } from '../time/clock.js';

const SMALLEST_MARGIN_MS = 250;

/**
 * How long this process may rely on a lease, decided on its own clocks alone.
 *
 * etcd counts the TTL from some moment after our request left, so counting from that departure
 * ends earlier than etcd does. The margin covers clocks that run at different rates.
 */
export class Validity {
  private sentAt: Instant;
  private ttlMs: number;

  constructor(sentAt: Instant, ttlMs: number) {
    this.sentAt = sentAt;
    this.ttlMs = ttlMs;
  }

  /** Takes in an acknowledged keep-alive. One that was sent before a better one changes nothing. */
  renewed(sentAt: Instant, ttlMs: number, now: Instant): void {
    if (remainingOf(sentAt, ttlMs, now) <= this.remaining(now)) return;
    this.sentAt = sentAt;
    this.ttlMs = ttlMs;
  }

  get promisedMs(): number {
    return this.ttlMs;
  }

  /** Since the last keep-alive was sent that was acknowledged. */
  age(now: Instant): number {
    return elapsedBetween(this.sentAt, now);
  }

  /** Milliseconds left; zero or less means: no longer. */
  remaining(now: Instant): number {
    return remainingOf(this.sentAt, this.ttlMs, now);
  }
}

function remainingOf(sentAt: Instant, ttlMs: number, now: Instant): number {
  const margin = Math.max(ttlMs * 0.05, SMALLEST_MARGIN_MS);
  return ttlMs - margin - elapsedBetween(sentAt, now);
}
