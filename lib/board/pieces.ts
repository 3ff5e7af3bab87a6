import type { ShownLock, Update } from './wire.js';

/** In characters; one lock may stand beyond it. */
const LARGEST_PIECE = 64 * 1024;
const MOST_LOCKS = 200;

export function eventOf(name: string, data: object): Buffer {
  return Buffer.from(`event: ${name}\ndata: ${JSON.stringify(data)}\n\n`);
}

/**
 * Some locks as they are sent to viewers: in pieces, each of which is made when the first viewer
 * comes to it, and is the same for all.
 */
export class Pieces {
  private readonly made: Buffer[] = [];
  private taken = 0;

  /** `page`, where these are all locks that stand on it. */
  constructor(
    private readonly ids: readonly string[],
    private readonly locks: ReadonlyMap<string, ShownLock>,
    private readonly page?: number,
  ) {}

  piece(index: number): Buffer | undefined {
    const all = this.taken === this.ids.length && this.made.length > 0;
    if (index === this.made.length && !all) this.made.push(this.make());
    return this.made[index];
  }

  private make(): Buffer {
    const gone: string[] = [];
    const locks: string[] = [];
    let length = 0;
    while (
      this.taken < this.ids.length &&
      length < LARGEST_PIECE &&
      locks.length + gone.length < MOST_LOCKS
    ) {
      const id = this.ids[this.taken]!;
      const lock = this.locks.get(id);
      this.taken += 1;
      const text = JSON.stringify(lock ?? id);
      length += text.length;
      if (lock === undefined) gone.push(id);
      else locks.push(text);
    }
    const rest: Omit<Update, 'locks'> = {
      at: Date.now(),
      gone,
      past: [],
      ...(this.page !== undefined && {
        page: { number: this.page, last: this.taken === this.ids.length },
      }),
    };
    return Buffer.from(
      `event: update\ndata: {"locks":[${locks.join()}],${JSON.stringify(rest).slice(1)}\n\n`,
    );
  }
}
