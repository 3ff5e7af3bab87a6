import { setImmediate } from 'node:timers';
import {
  type Lock,
  type LockError,
  LockNotHeldError,
} from '../../core/index.js';
import { isHandle, onAbort, runHolding } from '../../core/internal.js';
import type { LockPolicy } from '../method/lock-policy.js';

/** Taken when the library is loaded: the fake timers of a test runner do not hold locks up. */
export const nextTurn = setImmediate;

/** What a call asks of its lock. */
interface CallHandle {
  readonly hold: {
    lossByNow(): LockError | undefined;
    onLost(react: (lost: LockError) => void): () => void;
  };
  giveBack(): Promise<LockError | undefined>;
}

/** The lock that one call of a locked method was given. */
export class CallLock {
  private readonly handle: CallHandle;
  private over = false;
  private running = false;

  constructor(
    readonly lock: Lock,
    private readonly method: {
      readonly where: string;
      readonly policy: Pick<LockPolicy, 'onLost'>;
    },
    /** Whose lock it is. */
    private readonly client: object,
    /** Hears that the call has given its lock back, and that its method has ended. */
    private readonly onEnd: () => void = () => {},
  ) {
    this.handle = isHandle(lock) ? lock : handleOfMock(lock);
  }

  /** Whether the call has given its lock back. */
  get ended(): boolean {
    return this.over;
  }

  /** Why the lock was lost, if it was, by what the clocks say at this moment. */
  lossByNow(): LockError | undefined {
    return this.handle.hold.lossByNow();
  }

  /** Runs `work` as code that holds the lock. */
  enter<T>(work: () => T): T {
    return isHandle(this.lock)
      ? runHolding(this.client, this.lock, work)
      : work();
  }

  /**
   * Runs `body` as code that holds the lock, without releasing it. Rejects with `LockLostError`
   * at the moment the lock is lost, unless the method ignores that; what the body does later goes
   * unheard. Where the lock was lost before, as in a process that stood still, the body is not run.
   */
  run(body: () => unknown): Promise<unknown> {
    const lostBefore = this.lossByNow();
    if (lostBefore !== undefined) return Promise.reject(lostBefore);
    const working = this.enter(async () => body());
    this.running = true;
    return new Promise((resolve, reject) => {
      const stopListening = this.onLost(reject);
      const ended = () => {
        stopListening();
        this.running = false;
        if (this.over) this.onEnd();
      };
      working.then(
        (result) => {
          const lost = this.lossByNow();
          if (lost === undefined || this.ignoresLoss) resolve(result);
          else reject(lost);
          ended();
        },
        (error: unknown) => {
          reject(error);
          ended();
        },
      );
    });
  }

  /** Calls `react` when the lock is lost, unless the method ignores that. */
  onLost(react: (error: unknown) => void): () => void {
    if (this.ignoresLoss) return () => {};
    return this.handle.hold.onLost(react);
  }

  /** Calls `react` when the lock is lost, whatever the method does then. */
  onAnyLoss(react: (error: LockError) => void): void {
    this.handle.hold.onLost(react);
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
    return this.lossByNow() ?? new LockNotHeldError(this.lock.key, detail);
  }

  private giveBack(): Promise<LockError | undefined> {
    this.over = true;
    const back = this.handle.giveBack();
    if (!this.running) this.onEnd();
    return back;
  }

  private get ignoresLoss(): boolean {
    return this.method.policy.onLost === 'ignore';
  }
}

/** Of a lock that no client has made, but a mock of `LockService` gives out. */
function handleOfMock(lock: Lock): CallHandle {
  const { signal }: Partial<Lock> = lock;
  const heard = signal instanceof AbortSignal ? signal : undefined;
  let released: Promise<undefined> | undefined;
  return {
    hold: {
      lossByNow: () =>
        heard?.aborted ? (heard.reason as LockError) : undefined,
      onLost: (react) =>
        heard === undefined
          ? () => {}
          : onAbort(heard, () => react(heard.reason as LockError)),
    },
    giveBack: () =>
      (released ??= (async () => {
        await lock.release();
        return undefined;
      })()),
  };
}
