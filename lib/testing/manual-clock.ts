import type { Clock, Instant } from '../core/index.js';
import { nextTurn } from './next-turn.js';

interface Timer {
  readonly due: number;
  readonly fire: () => void;
}

/**
 * A clock that stands still until a test moves it. Timers run on its monotonic time only.
 *
 * @example
 * const clock = new ManualClock();
 * const store = new MemoryStore({ clock });
 * await clock.advance(15_000); // a lease of 15 s that nobody renewed is gone now
 */
export class ManualClock implements Clock {
  private mono = 0;
  private wall = Date.UTC(2026, 0, 1);
  /** By due time; timers of one moment in the order in which they were set. */
  private readonly timers: Timer[] = [];
  private advancing = false;

  now(): Instant {
    return { mono: this.mono, wall: this.wall };
  }

  setTimer(ms: number, fire: () => void): () => void {
    if (ms === Infinity) return () => {};
    const timer = { due: this.mono + Math.max(0, ms), fire };
    let place = this.timers.length;
    while (place > 0 && this.timers[place - 1]!.due > timer.due) place -= 1;
    this.timers.splice(place, 0, timer);
    return () => {
      const index = this.timers.indexOf(timer);
      if (index >= 0) this.timers.splice(index, 1);
    };
  }

  /** How many timers are set and have neither fired nor been cancelled. */
  get pendingTimers(): number {
    return this.timers.length;
  }

  /**
   * Moves both clocks by `ms`, firing each timer at its own time, in order. Before the first timer,
   * after each one and at the end everything settles that waits for promises only, so timers that
   * are set on the way fire too when they fall due. `advance(0)` fires what is overdue.
   */
  async advance(ms: number): Promise<void> {
    if (this.advancing) throw new Error('The clock is already being advanced.');
    this.advancing = true;
    try {
      await settle();
      const end = this.mono + ms;
      for (
        let next = this.timers[0];
        next !== undefined && next.due <= end;
        next = this.timers[0]
      ) {
        this.timers.shift();
        this.move(Math.max(0, next.due - this.mono));
        next.fire();
        await settle();
      }
      this.move(Math.max(0, end - this.mono));
    } finally {
      this.advancing = false;
    }
  }

  /** The process is stopped for `ms`: both clocks move, overdue timers wait for `advance`. */
  stall(ms: number): void {
    this.move(ms);
  }

  /** The machine sleeps for `ms`: the wall clock moves, the monotonic clock stands still. */
  suspend(ms: number): void {
    this.wall += ms;
  }

  /** Somebody sets the wall clock forward, or with a negative `ms` back. */
  stepWall(ms: number): void {
    this.wall += ms;
  }

  private move(ms: number): void {
    this.mono += ms;
    this.wall += ms;
  }
}

function settle(): Promise<void> {
  return new Promise((resolve) => nextTurn(resolve));
}
