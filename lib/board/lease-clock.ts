import type { BoardPicture } from './board-picture.js';

const EVERY_MS = 2_000;

/** In one round. There are as many leases as processes, unless somebody gives each lock its own. */
const MOST_LEASES = 64;

/** Asks now and then how long the leases of the holders last, once for all viewers. */
export class LeaseClock {
  /** Counts the rounds. */
  round = 0;
  /** What the last round has learnt, by lease, in ms. */
  left: Readonly<Record<string, number>> = {};
  private askedAll = new Set<string>();
  private asking = false;
  private askedAt = 0;

  constructor(
    private readonly picture: BoardPicture,
    private readonly timeLeft: (lease: string) => Promise<number>,
  ) {}

  /** To be called often; asks when it is time. */
  async tick(): Promise<void> {
    const now = Date.now();
    if (this.asking || now - this.askedAt < EVERY_MS) return;
    if (!this.picture.whole) return;
    this.asking = true;
    this.askedAt = now;
    const leases = this.nextLeases();
    const answers = await Promise.allSettled(leases.map(this.timeLeft));
    this.asking = false;
    this.left = Object.fromEntries(
      answers.flatMap((answer, index) =>
        answer.status === 'fulfilled' ? [[leases[index]!, answer.value]] : [],
      ),
    );
    this.round += 1;
  }

  /** Those that were not asked about yet; when there are none, all over again. */
  private nextLeases(): string[] {
    const all = new Set<string>();
    for (const { holders } of this.picture.locks.values()) {
      for (const { lease } of holders) if (lease !== '0') all.add(lease);
    }
    let next = [...all].filter((lease) => !this.askedAll.has(lease));
    if (all.size <= MOST_LEASES || next.length === 0) {
      this.askedAll = new Set();
      next = [...all];
    }
    const asked = next.slice(0, MOST_LEASES);
    for (const lease of asked) this.askedAll.add(lease);
    return asked;
  }
}
