interface Appointment {
  readonly at: number;
  readonly order: number;
  readonly run: () => void;
  cancelled: boolean;
}

// Taken at load, so that nobody's fake timers reach them. They wait for no time to pass.
const nextTurn = setImmediate;
const nextTick = process.nextTick;

/** After so many appointments Node looks for rejections that nobody has handled. */
const TURN_EVERY = 16;

/**
 * Virtual time. Whatever happens in a simulation is an appointment here; after each one everything
 * settles that waits for promises only. Equal appointments in, equal history out.
 */
export class Timeline {
  private time = 0;
  private made = 0;
  private settled = 0;
  private readonly heap: Appointment[] = [];

  get now(): number {
    return this.time;
  }

  /** Calls `run` in `ms`, and after what was planned earlier for that moment. */
  after(ms: number, run: () => void): () => void {
    const at = this.time + Math.max(0, ms);
    const appointment = { at, order: this.made++, run, cancelled: false };
    this.push(appointment);
    return () => {
      appointment.cancelled = true;
    };
  }

  /** Lets time pass until `done` holds, nothing is planned any more, or the time is `limit`. */
  async run(limit: number, done: () => boolean = () => false): Promise<void> {
    await this.settle();
    while (!done()) {
      const next = this.heap[0];
      if (next === undefined) return;
      if (next.at > limit && !next.cancelled) {
        this.time = limit;
        return;
      }
      this.pop();
      if (next.cancelled) continue;
      this.time = next.at;
      next.run();
      await this.settle();
    }
  }

  /** A tick comes when there are no more promises to settle. */
  private settle(): Promise<void> {
    this.settled += 1;
    const later = this.settled % TURN_EVERY === 0 ? nextTurn : nextTick;
    return new Promise((resolve) => later(resolve));
  }

  private push(appointment: Appointment): void {
    const { heap } = this;
    let place = heap.push(appointment) - 1;
    while (place > 0) {
      const parent = (place - 1) >> 1;
      if (!isBefore(appointment, heap[parent]!)) break;
      heap[place] = heap[parent]!;
      place = parent;
    }
    heap[place] = appointment;
  }

  private pop(): void {
    const { heap } = this;
    const last = heap.pop()!;
    if (heap.length === 0) return;
    let place = 0;
    for (;;) {
      let child = place * 2 + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && isBefore(heap[child + 1]!, heap[child]!))
        child += 1;
      if (!isBefore(heap[child]!, last)) break;
      heap[place] = heap[child]!;
      place = child;
    }
    heap[place] = last;
  }
}

function isBefore(one: Appointment, other: Appointment): boolean {
  return one.at === other.at ? one.order < other.order : one.at < other.at;
}
