import {
  type LockClient,
  type LockError,
  LockNotHeldError,
} from '../../core/index.js';
import { type LockHandle, runHolding } from '../../core/internal.js';
import type { LockPolicy } from '../method/lock-policy.js';
import { nextTurn } from './next-turn.js';

/** The lock that one call of a locked method was given. */
export class CallLock {
  private inUse = false;
  private over = false;
  private running = false;

  constructor(
    readonly handle: LockHandle,
    private readonly method: {
      readonly where: string;
      readonly policy: Pick<LockPolicy, 'onLost'>;
    },
    private readonly client: LockClient,
    /** Hears that the call has given its lock back, and that its method has ended. */
    private readonly onEnd: () => void = () => {},
  ) {}

  /** Whether the call has given its lock back. */
  get ended(): boolean {
    return this.over;
  }

  /** States that somebody uses what the call returned, and will end the lock. */
  use(): void {
    this.inUse = true;
  }

  /**
   * Ends the lock unless somebody uses what the call returned within this turn of the event loop.
   * Schedulers and the like never do.
   */
  endUnlessUsed(): void {
    nextTurn(() => {
      if (!this.inUse) this.abandon().catch(() => {});
    });
  }

  /** Runs `work` as code that holds the lock. */
  enter<T>(work: () => T): T {
    return runHolding(this.client, this.handle, work);
  }

  /**
   * Runs `body` as code that holds the lock, without releasing it. Rejects with `LockLostError`
   * at the moment the lock is lost, unless the method ignores that; what the body does later goes
   * unheard. Where the lock was lost before, as in a process that stood still, the body is not run.
   */
  run(body: () => unknown): Promise<unknown> {
    const lostBefore = this.handle.hold.lossByNow();
    if (lostBefore !== undefined) return Promise.reject(lostBefore);
    const working = this.enter(async () => body());
    this.running = true;
    return new Promise((resolve, reject) => {
      const stopListening = this.onLost(reject);
      void working
        .then((result) => {
          const lost = this.handle.hold.lossByNow();
          if (lost === undefined || this.ignoresLoss) resolve(result);
          else reject(lost);
        }, reject)
        .finally(() => {
          stopListening();
          this.running = false;
          if (this.over) this.onEnd();
        });
    });
  }

  /** Calls `react` when the lock is lost, unless the method ignores that. */
  onLost(react: (error: unknown) => void): () => void {
    if (this.ignoresLoss) return () => {};
    return this.handle.hold.onLost(react);
  }

  /**
   * Releases the lock, once. Rejects when it turns out that it had been lost, unless the method
   * ignores that.
   */
  async end(): Promise<void> {
    const lost = await this.giveBack();
    if (lost !== undefined && !this.ignoresLoss) throw lost;
  }

  /** Releases the lock of a call whose outcome is settled. */
  async abandon(): Promise<void> {
    await this.giveBack();
  }

  /** Why what the call returned yields nothing more. */
  usedUp(): LockError {
    const detail = `what ${this.method.where} returned was used up, or not used at once`;
    return (
      this.handle.hold.lossByNow() ??
      new LockNotHeldError(this.handle.key, detail)
    );
  }

  private giveBack(): ReturnType<LockHandle['giveBack']> {
    this.over = true;
    const back = this.handle.giveBack();
    if (!this.running) this.onEnd();
    return back;
  }

  private get ignoresLoss(): boolean {
    return this.method.policy.onLost === 'ignore';
  }
}
