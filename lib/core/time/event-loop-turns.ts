import { type Clock, elapsedBetween, type Instant } from './clock.js';

/** How long work that only waits for promises may keep everything else from running. */
const LONGEST_MS = 10;

/**
 * Whoever goes on without waiting for anything but promises keeps the event loop to itself: timers
 * are late, and what others have sent is not read. This tells when it is time to let go.
 */
export class EventLoopTurns {
  /** Since when the loop has not come round; undefined where it has since the last look. */
  private since: Instant | undefined;
  private turn: Promise<void> | undefined;

  constructor(private readonly clock: Clock) {}

  /** Whether it has not come round for too long, while this was asked again and again. */
  get due(): boolean {
    const now = this.clock.now();
    if (this.since !== undefined)
      return elapsedBetween(this.since, now) > LONGEST_MS;
    this.since = now;
    this.whenRound(() => (this.since = undefined));
    return false;
  }

  /**
   * Resolves when it has come round: for all who wait for that at once, as the first of them to go
   * on by itself would have all the time until the next turn.
   */
  next(): Promise<void> {
    this.turn ??= new Promise((resolve) =>
      this.whenRound(() => {
        this.turn = undefined;
        resolve();
      }),
    );
    return this.turn;
  }

  private whenRound(fire: () => void): void {
    const { clock } = this;
    if (clock.nextTurn) clock.nextTurn(fire);
    else clock.setTimer(0, fire, { keepAlive: true });
  }
}
