import { type Clock, elapsedBetween, type Instant } from '../time/clock.js';

/** Knows for how long a store has been silent that was asked something. */
export class UnansweredCalls {
  private count = 0;
  private waitingSince: Instant | undefined;

  constructor(private readonly clock: Clock) {}

  /** Milliseconds since the last answer, or since it was asked after that; 0 while it owes none. */
  get silentMs(): number {
    return this.waitingSince === undefined
      ? 0
      : elapsedBetween(this.waitingSince, this.clock.now());
  }

  async track<Reply>(call: Promise<Reply>): Promise<Reply> {
    this.count += 1;
    this.waitingSince ??= this.clock.now();
    try {
      return await call;
    } finally {
      this.count -= 1;
      this.waitingSince = this.count > 0 ? this.clock.now() : undefined;
    }
  }
}
