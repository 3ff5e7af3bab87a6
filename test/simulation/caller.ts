import { isLockError, type Lock, LockBusyError } from '../../lib/core/index.js';
import type { Attempt, Wish } from './attempt.js';
import { ABORTED } from './check-failure.js';
import { wasTaken, isForeign, checkLoss } from './check-loss.js';
import type { Random } from './random.js';
import type { Referee } from './referee.js';
import type { Habits } from './habits.js';
import type { SimulatedClient } from './simulated-client.js';
import { drawWish, shorter } from './wish.js';

const WORK_FAILED = new Error('the work failed');

/** Code of an application: it takes locks, works under them, and gives them back. */
export class Caller {
  done = false;
  private hasty = false;
  private readonly asleep = new Set<() => void>();

  constructor(
    readonly client: SimulatedClient,
    private readonly referee: Referee,
    private readonly random: Random,
    private readonly habits: Habits,
    private callsLeft: number,
  ) {}

  async run(): Promise<void> {
    const { random, habits } = this;
    while (this.callsLeft-- > 0) {
      await this.sleep(random.exponential(habits.thinkMs));
      if (this.hasty || this.client.closing) break;
      await this.callOnce(
        drawWish(habits, random, this.client.requestTimeoutMs),
      );
    }
    this.done = true;
  }

  /** From now on nothing takes time, and nothing new is begun. */
  hurry(): void {
    this.hasty = true;
    this.client.process.deliver('message', () => {
      for (const wake of [...this.asleep]) wake();
    });
  }

  private callOnce(wish: Wish): Promise<void> {
    const { random, habits } = this;
    if (wish.waitMs === 0 && random.chance(0.5)) return this.tryTo(wish);
    return random.chance(habits.withLock)
      ? this.workUnder(wish, 1)
      : this.acquire(wish);
  }

  private async acquire(wish: Wish): Promise<void> {
    const attempt = this.referee.invoked(this.client, wish);
    let lock: Lock;
    try {
      lock = await this.client.locks.acquire(
        wish.keys,
        this.optionsOf(attempt),
      );
    } catch (error) {
      this.referee.failed(attempt, error);
      return;
    }
    await this.hold(attempt, lock);
  }

  private async tryTo(wish: Wish): Promise<void> {
    const attempt = this.referee.invoked(this.client, wish);
    const { waitTimeout: _, ...options } = wish.options;
    let lock: Lock | null;
    try {
      lock = await this.client.locks.tryAcquire(wish.keys, options);
    } catch (error) {
      this.referee.failed(attempt, error);
      return;
    }
    if (lock === null) this.referee.failed(attempt, new LockBusyError(''));
    else await this.hold(attempt, lock);
  }

  private async hold(attempt: Attempt, lock: Lock): Promise<void> {
    const { referee } = this;
    referee.granted(attempt, lock);
    await this.work(attempt, lock);
    referee.released(attempt);
    const released = lock.release().then(() => referee.givenBack(attempt));
    if (lock.held) referee.blame(`${attempt.name} is held after release`);
    if (this.random.chance(0.5)) await released;
  }

  private async workUnder(wish: Wish, depth: number): Promise<void> {
    const { client, referee, random } = this;
    const attempt = referee.invoked(client, wish);
    let endedAt = Infinity;
    try {
      await client.locks.withLock(
        wish.keys,
        this.optionsOf(attempt),
        async (lock) => {
          referee.granted(attempt, lock);
          await this.work(attempt, lock);
          if (depth < 3 && random.chance(this.habits.nested))
            await this.workUnder(this.nestedWish(wish), depth + 1);
          endedAt = referee.now;
          referee.released(attempt);
          if (random.chance(0.1)) throw WORK_FAILED;
        },
      );
      referee.givenBack(attempt);
      referee.blame(this.checkResult(attempt, endedAt));
    } catch (error) {
      if (attempt.state === 'pending') referee.failed(attempt, error);
      else if (isLockError(error, 'LOCK_LOST'))
        referee.blame(checkLoss(referee, attempt, error));
      else if (error !== WORK_FAILED)
        referee.blame(`${attempt.name} ended with ${String(error)}`);
    }
  }

  /**
   * A result that was not refused was made under the lock from its beginning to its end. Only the
   * last of several calls that hold one lock asks the cluster.
   */
  private checkResult(attempt: Attempt, endedAt: number): string | undefined {
    const { noStoreErrors } = this.referee.demands;
    if (this.referee.isShared(attempt)) return undefined;
    const kept = attempt.wish.keepMs > 0;
    const lost = attempt.tickets.some(
      (ticket) =>
        wasTaken(ticket) &&
        ticket.deleted!.time < endedAt &&
        ((noStoreErrors && !kept) || !isForeign(ticket)),
    );
    return lost ? `${attempt.name} lost its lock and no word of it` : undefined;
  }

  private async work(attempt: Attempt, lock: Lock): Promise<void> {
    const { random, habits, client } = this;
    if (random.chance(habits.guarded)) {
      const key = `data/${attempt.id}`;
      const put = { kind: 'put', key, value: client.name } as const;
      lock.transaction({ success: [put] }).catch((error: unknown) => {
        if (!isLockError(error))
          this.referee.blame(`a transaction failed with ${String(error)}`);
      });
    }
    const obeys = random.chance(0.7);
    await this.sleep(
      random.exponential(habits.holdMs),
      obeys ? lock.signal : undefined,
    );
  }

  private nestedWish(outer: Wish): Wish {
    const { random, habits, client } = this;
    if (random.chance(0.5)) return { ...outer, queue: undefined };
    return shorter(drawWish(habits, random, client.requestTimeoutMs), outer);
  }

  private optionsOf(attempt: Attempt): Wish['options'] {
    const { options } = attempt.wish;
    if (!this.random.chance(this.habits.aborts)) return options;
    const controller = new AbortController();
    attempt.onAnswered = this.client.process.clock.setTimer(
      this.random.exponential(200),
      () => {
        attempt.aborted = true;
        controller.abort(ABORTED);
      },
    );
    return { ...options, signal: controller.signal };
  }

  private sleep(ms: number, signal?: AbortSignal): Promise<void> {
    if (this.hasty) return Promise.resolve();
    return new Promise((resolve) => {
      const wake = () => {
        cancel();
        this.asleep.delete(wake);
        resolve();
      };
      const cancel = this.client.process.clock.setTimer(ms, wake);
      this.asleep.add(wake);
      signal?.addEventListener('abort', wake, { once: true });
    });
  }
}
