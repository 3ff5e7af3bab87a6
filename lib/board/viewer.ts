import type { ServerResponse } from 'node:http';
import type { BoardPicture } from './board-picture.js';
import type { LeaseClock } from './lease-clock.js';
import type { Gap, Greeting, ShownLock, Update } from './wire.js';

const MOST_LOCKS = 500;
const HEARTBEAT_MS = 15_000;
const PATIENCE_MS = 30_000;

/**
 * One open page. It is not sent events but, in pieces, what changed since its last piece: whoever
 * reads slowly skips states instead of having them kept.
 */
export class Viewer {
  private readonly changed: Set<string>;
  /** Of a piece, what has not been written yet. */
  private batch: string[] = [];
  private pastSent: number;
  private leasesSent: number | undefined;
  private gapsSent: readonly Gap[] | undefined;
  private troubleSent: string | null | undefined;
  private completeSent = false;
  private lastWrite = Date.now();
  private readonly resume = () => this.write();

  constructor(
    private readonly out: ServerResponse,
    private readonly picture: BoardPicture,
    private readonly leases: LeaseClock,
    allowRelease: boolean,
  ) {
    this.changed = new Set(picture.locks.keys());
    this.pastSent = picture.history.first;
    out.on('drain', this.resume);
    const greeting: Greeting = { at: Date.now(), allowRelease };
    this.send('greeting', greeting);
  }

  touch(ids: readonly string[]): void {
    for (const id of ids) this.changed.add(id);
  }

  /** To be called a few times in a second. */
  flush(): void {
    if (this.out.writableNeedDrain) {
      if (Date.now() - this.lastWrite > PATIENCE_MS) this.out.destroy();
      return;
    }
    if (this.batch.length === 0) {
      this.batch = [...this.changed];
      this.changed.clear();
    }
    this.write();
    if (Date.now() - this.lastWrite > HEARTBEAT_MS) this.put(': \n\n');
  }

  end(): void {
    this.out.off('drain', this.resume);
    this.out.end();
  }

  private write(): void {
    while (!this.out.writableNeedDrain && this.out.writable) {
      const update = this.next();
      if (update === undefined) return;
      this.send('update', update);
    }
  }

  private next(): Update | undefined {
    const { picture, leases } = this;
    const { history } = picture;
    const locks: ShownLock[] = [];
    const gone: string[] = [];
    for (const id of this.batch.splice(0, MOST_LOCKS)) {
      const lock = picture.locks.get(id);
      if (lock === undefined) gone.push(id);
      else locks.push(lock);
    }
    this.pastSent = Math.max(this.pastSent, history.first);
    const past = history.since(this.pastSent, MOST_LOCKS);
    this.pastSent += past.length;
    const trouble = picture.trouble ?? null;
    const complete =
      picture.whole &&
      this.batch.length === 0 &&
      this.pastSent === history.length;
    const news = {
      ...(this.troubleSent !== trouble && { trouble }),
      ...(this.gapsSent !== history.gaps && { gaps: history.gaps }),
      ...(this.leasesSent !== leases.round && { leases: leases.left }),
    };
    const anything = locks.length + gone.length + past.length > 0;
    if (
      !anything &&
      Object.keys(news).length === 0 &&
      complete === this.completeSent
    ) {
      return undefined;
    }
    this.troubleSent = trouble;
    this.gapsSent = history.gaps;
    this.leasesSent = leases.round;
    this.completeSent = complete;
    return { at: Date.now(), complete, locks, gone, past, ...news };
  }

  private send(event: string, data: Greeting | Update): void {
    this.put(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`);
  }

  private put(text: string): void {
    this.lastWrite = Date.now();
    this.out.write(text);
  }
}
