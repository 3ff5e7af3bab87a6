import type { BoardPicture } from './board-picture.js';
import type { LeaseClock } from './lease-clock.js';
import { eventOf } from './pieces.js';
import type { Update } from './wire.js';

/** So many holds that are over are sent at once. */
const HOLDS = 50;

/** What all viewers are told besides the locks, made once for all of them. */
export class Bulletins {
  readonly complete = bulletin({ complete: true });
  readonly incomplete = bulletin({ complete: false });
  private readonly holds = new Map<
    number,
    { readonly count: number; readonly event: Buffer }
  >();
  private stateOf: readonly unknown[] = [];
  private stateEvent = this.incomplete;
  private leasesOf: number | undefined;
  private leasesEvent = this.incomplete;

  constructor(
    private readonly picture: BoardPicture,
    private readonly clock: LeaseClock,
  ) {}

  /** Whether etcd is heard, and when it was not. */
  state(): Buffer {
    const { trouble = null, history } = this.picture;
    const { gaps } = history;
    if (this.stateOf[0] !== trouble || this.stateOf[1] !== gaps) {
      this.stateOf = [trouble, gaps];
      this.stateEvent = bulletin({ trouble, gaps });
    }
    return this.stateEvent;
  }

  leases(): Buffer {
    const { round, left } = this.clock;
    if (this.leasesOf !== round) {
      this.leasesOf = round;
      this.leasesEvent = bulletin({ leases: left });
    }
    return this.leasesEvent;
  }

  /** Holds that are over, among them number `start`, and the number after the last of them. */
  past(start: number): { readonly event: Buffer; readonly next: number } {
    const { history } = this.picture;
    const block = Math.floor(start / HOLDS);
    const from = Math.max(block * HOLDS, history.first);
    const count = Math.min((block + 1) * HOLDS, history.length) - from;
    let known = this.holds.get(block);
    if (known?.count !== count) {
      const past = history.since(from, count);
      known = { count, event: bulletin({ past, pastFrom: from }) };
      this.holds.set(block, known);
      this.forget(Math.floor(history.first / HOLDS));
    }
    return { event: known.event, next: from + count };
  }

  private forget(first: number): void {
    for (const block of this.holds.keys()) {
      if (block < first) this.holds.delete(block);
    }
  }
}

function bulletin(news: Partial<Update>): Buffer {
  const update: Update = {
    at: Date.now(),
    locks: [],
    gone: [],
    past: [],
    ...news,
  };
  return eventOf('update', update);
}
