import type { StoreError, WatchListener } from '../../lib/core/index.js';
import type { SimulatedProcess } from './simulated-process.js';
import type { Timeline } from './timeline.js';

type Message = (listener: WatchListener) => void;

/** What one watch says on its way to a client: in order, late, and perhaps never. */
export class LinkWatch {
  private readonly queue: { readonly at: number; readonly say: Message }[] = [];
  private over = false;
  private silent = false;
  private planned = false;
  private lastAt = 0;

  constructor(
    private readonly timeline: Timeline,
    private readonly process: SimulatedProcess,
    private readonly listener: WatchListener,
    private readonly terms: {
      readonly delay: () => number;
      /** Until when nothing gets through to the client. */
      readonly blockedUntil: () => number;
      readonly onOver: () => void;
    },
  ) {}

  get isOver(): boolean {
    return this.over;
  }

  say(message: Message): void {
    if (this.over || this.silent) return;
    this.lastAt = Math.max(this.lastAt, this.timeline.now + this.terms.delay());
    this.queue.push({ at: this.lastAt, say: message });
    this.plan();
  }

  /** Breaks: whatever has not arrived is lost. */
  break(error: StoreError): void {
    this.queue.length = 0;
    this.silent = false;
    this.say((listener) => {
      this.cancel();
      listener.ended(error);
    });
    this.silent = true;
  }

  /** Stays open, and nothing arrives any more. */
  fallSilent(): void {
    this.silent = true;
    this.queue.length = 0;
  }

  cancel(): void {
    if (this.over) return;
    this.over = true;
    this.queue.length = 0;
    this.terms.onOver();
  }

  private plan(): void {
    const next = this.queue[0];
    if (this.planned || next === undefined) return;
    this.planned = true;
    const at = Math.max(next.at, this.terms.blockedUntil());
    this.timeline.after(at - this.timeline.now, () => {
      this.planned = false;
      if (this.terms.blockedUntil() <= this.timeline.now) this.arrive();
      this.plan();
    });
  }

  private arrive(): void {
    const next = this.queue[0];
    if (next === undefined || next.at > this.timeline.now) return;
    this.queue.shift();
    this.process.deliver('message', () => {
      if (!this.over) next.say(this.listener);
    });
  }
}
