import type { Socket } from 'node:net';
import type { Weather } from './conditions.js';

/** One direction of a connection. What the sender wrote arrives in its order, or not at all. */
export class OneWay {
  private readonly queue: { dueAt: number; bytes: Buffer | 'end' }[] = [];
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly to: Socket,
    private readonly weather: () => Required<Weather>,
  ) {}

  send(bytes: Buffer | 'end'): void {
    const { held, delayMs } = this.weather();
    if (!held && delayMs === 0 && this.queue.length === 0) {
      this.deliver(bytes);
      return;
    }
    this.queue.push({ dueAt: performance.now() + delayMs, bytes });
    this.pump();
  }

  /** Delivers what is due, and comes again for the rest, unless it is held. */
  pump(): void {
    clearTimeout(this.timer);
    if (this.weather().held) return;
    for (let first; (first = this.queue[0]) !== undefined; this.queue.shift()) {
      const wait = first.dueAt - performance.now();
      if (wait > 0) {
        this.timer = setTimeout(() => this.pump(), wait);
        return;
      }
      this.deliver(first.bytes);
    }
  }

  close(): void {
    clearTimeout(this.timer);
    this.queue.length = 0;
  }

  private deliver(bytes: Buffer | 'end'): void {
    if (this.to.destroyed) return;
    if (bytes === 'end') this.to.destroySoon();
    else this.to.write(bytes);
  }
}
