import type { Clock } from './clock.js';
import type { Wakeup } from './wakeup.js';

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

  /** With a `wakeup` somebody waits for the outcome: the process stays alive, and it can be cut short. */
  pause(wakeup?: Wakeup): Promise<void> {
    const ms = this.nextDelay();
    return wakeup === undefined
      ? new Promise((resolve) => this.clock.setTimer(ms, resolve))
      : wakeup.sleepFor(ms, this.clock);
  }

  /**
   * Makes attempts, with a pause after each that came to nothing (undefined), for as long as
   * `going` says so.
   */
  async retryWhile<T>(
    going: () => boolean,
    attempt: () => Promise<T | undefined>,
    wakeup?: Wakeup,
  ): Promise<T | undefined> {
    while (going()) {
      const result = await attempt();
      if (result !== undefined) return result;
      if (going()) await this.pause(wakeup);
    }
    return undefined;
  }
}

/** Only spreads retries: nothing depends on its quality. */
export const systemRandom = (): number => Math.random();
