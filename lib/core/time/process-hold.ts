import type { Clock } from './clock.js';

const nothing = () => {};

/**
 * Keeps the process alive while somebody holds a lock: whoever does is to hear that it is lost,
 * whatever else the process does. One timer for all, let go of a turn of the event loop after the last
 * has left, as the next one is often there by then.
 */
export class ProcessHold {
  private holders = 0;
  private letGo: (() => void) | undefined;
  private leaving = false;

  constructor(private readonly clock: Clock) {}

  enter(): void {
    this.holders += 1;
    this.letGo ??= this.clock.setTimer(Infinity, nothing, { keepAlive: true });
  }

  leave(): void {
    this.holders -= 1;
    if (this.holders > 0 || this.leaving) return;
    this.leaving = true;
    this.clock.setTimer(0, () => {
      this.leaving = false;
      if (this.holders > 0) return;
      this.letGo?.();
      this.letGo = undefined;
    });
  }
}
