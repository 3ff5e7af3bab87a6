import type { Clock } from './clock.js';

const FIRST_MS = 25;
const LONGEST_MS = 1000;

/** Growing pauses between attempts, spread so that many callers do not return together. */
export class Backoff {
  private nextMs = FIRST_MS;

  constructor(
    private readonly clock: Clock,
    private readonly random: () => number,
  ) {}

  reset(): void {
    this.nextMs = FIRST_MS;
  }

  nextDelay(): number {
    const delay = this.nextMs * (0.5 + this.random() / 2);
    this.nextMs = Math.min(this.nextMs * 2, LONGEST_MS);
    return delay;
  }

  pause(): Promise<void> {
    return new Promise((resolve) =>
      this.clock.setTimer(this.nextDelay(), resolve),
    );
  }
}

/** Only spreads retries: nothing depends on its quality. */
export const systemRandom = (): number => Math.random();
