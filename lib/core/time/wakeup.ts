import type { Clock } from './clock.js';

/**
 * Lets one loop sleep until something has changed. Waking does nothing while nobody sleeps: look
 * first, then sleep.
 */
export class Wakeup {
  private wakeSleeper: (() => void) | undefined;

  sleep(): Promise<void> {
    return new Promise((resolve) => (this.wakeSleeper = resolve));
  }

  /** Sleeps for `ms` at most, and keeps the process alive meanwhile. */
  sleepFor(ms: number, clock: Clock): Promise<void> {
    return new Promise((resolve) => {
      const cancel = clock.setTimer(ms, resolve, { keepAlive: true });
      this.wakeSleeper = () => {
        cancel();
        resolve();
      };
    });
  }

  wake(): void {
    const wakeSleeper = this.wakeSleeper;
    this.wakeSleeper = undefined;
    wakeSleeper?.();
  }
}
