import { setTimeout as pause } from 'node:timers/promises';

/** Counts how many calls are under way at the same time, at most. */
export class Overlap {
  most = 0;
  private now = 0;

  async during<T>(work: () => Promise<T>): Promise<T> {
    this.now += 1;
    this.most = Math.max(this.most, this.now);
    try {
      return await work();
    } finally {
      this.now -= 1;
    }
  }
}

/** Work that takes long enough for others to get in, if they can. */
export async function aWhile(): Promise<void> {
  await pause(20);
}
