import type { Clock, Instant } from '../../lib/core/index.js';
import type { Timeline } from './timeline.js';

interface Timer {
  readonly due: number;
  readonly fire: () => void;
  disarm: () => void;
}

const BEGINNING = Date.UTC(2026, 0, 1);
const ROUNDING_MS = 1e-6;

/** The clocks of one process: they may run at a rate of their own, be stepped, or stand still. */
export class ProcessClock implements Clock {
  private readonly timers = new Set<Timer>();
  private readonly overslept: Timer[] = [];
  private wallOffset = 0;
  wasStepped = false;
  /** For how long the machine has slept. */
  slept = 0;
  private asleepSince: number | undefined;

  constructor(
    private readonly timeline: Timeline,
    private readonly rate: number,
    private readonly deliver: (fire: () => void) => void,
  ) {}

  now(): Instant {
    const wall = BEGINNING + this.timeline.now * this.rate + this.wallOffset;
    return { mono: this.mono, wall };
  }

  setTimer(ms: number, fire: () => void): () => void {
    if (ms === Infinity) return () => {};
    const timer = { due: this.mono + Math.max(0, ms), fire, disarm: () => {} };
    this.timers.add(timer);
    this.arm(timer);
    return () => {
      this.timers.delete(timer);
      timer.disarm();
    };
  }

  get pendingTimers(): number {
    return this.timers.size;
  }

  stepWall(ms: number): void {
    this.wallOffset += ms;
    this.wasStepped = true;
  }

  /** The machine sleeps: the monotonic clock stands still until it wakes. */
  sleep(): void {
    this.asleepSince ??= this.timeline.now;
  }

  wake(): void {
    if (this.asleepSince === undefined) return;
    this.slept += this.timeline.now - this.asleepSince;
    this.asleepSince = undefined;
    for (const timer of this.overslept.splice(0)) this.arm(timer);
  }

  private get mono(): number {
    const until = this.asleepSince ?? this.timeline.now;
    return (until - this.slept) * this.rate;
  }

  private arm(timer: Timer): void {
    const left = (timer.due - this.mono) / this.rate;
    timer.disarm = this.timeline.after(left, () => this.onDue(timer));
  }

  private onDue(timer: Timer): void {
    if (!this.timers.has(timer)) return;
    if (this.asleepSince !== undefined) {
      this.overslept.push(timer);
      return;
    }
    if (this.mono < timer.due - ROUNDING_MS) {
      this.arm(timer);
      return;
    }
    this.deliver(() => {
      if (this.timers.delete(timer)) timer.fire();
    });
  }
}
