import type { Clock } from '../../lib/core/index.js';
import { ProcessClock } from './process-clock.js';
import type { Random } from './random.js';
import type { Timeline } from './timeline.js';

type Kind = 'timer' | 'message';

/**
 * Code that runs somewhere: it can be stopped, and everything that would have woken it then waits
 * until it goes on. Whatever reaches it comes through {@link deliver}.
 */
export class SimulatedProcess {
  readonly clock: Clock & ProcessClock;
  /** When something last kept it from working or hearing as it should. */
  disturbedAt = 0;
  /** Its timers may be late by more than its clocks show, as after a sleep of the machine. */
  timersLag = false;
  private stopped = false;
  private dead = false;
  private readonly inbox: { kind: Kind; run: () => void }[] = [];
  private resumptions = 0;

  constructor(
    readonly name: string,
    private readonly timeline: Timeline,
    private readonly random: Random,
    rate: number,
  ) {
    this.clock = new ProcessClock(timeline, rate, (fire) =>
      this.deliver('timer', fire),
    );
  }

  get running(): boolean {
    return !this.stopped && !this.dead;
  }

  get killed(): boolean {
    return this.dead;
  }

  deliver(kind: Kind, run: () => void): void {
    if (this.dead) return;
    if (this.stopped || this.inbox.length > 0) this.inbox.push({ kind, run });
    else run();
  }

  pause(): void {
    this.stopped = true;
    this.resumptions += 1;
  }

  suspend(): void {
    this.pause();
    this.clock.sleep();
    this.timersLag = true;
  }

  /** Goes on; `first` runs before anything that has been waiting. */
  resume(first: () => void): void {
    if (!this.stopped) return;
    this.stopped = false;
    this.disturbedAt = this.timeline.now;
    this.clock.wake();
    this.sortInbox();
    first();
    this.workOff(++this.resumptions);
  }

  kill(): void {
    this.dead = true;
    this.inbox.length = 0;
  }

  /** An event loop may look at its timers first or at its sockets first. */
  private sortInbox(): void {
    const order = this.random.pick(['as it came', 'timer', 'message'] as const);
    if (order === 'as it came') return;
    this.inbox.sort(
      (one, other) => Number(other.kind === order) - Number(one.kind === order),
    );
  }

  private workOff(resumption: number): void {
    if (this.inbox.length === 0) return;
    this.timeline.after(0, () => {
      if (this.resumptions !== resumption) return;
      this.inbox.shift()?.run();
      this.workOff(resumption);
    });
  }
}
