import { AsyncLocalStorage } from 'node:async_hooks';
import {
  type AcquireOptions,
  LockBusyError,
  type LockClient,
} from '../../core/index.js';
import { handleOf, LockHandle, lockInContext } from '../../core/internal.js';

/** A lock that an instance keeps from run to run. */
interface Kept {
  lock: LockHandle | undefined;
  running: boolean;
}

/** What one run is given. */
export interface StickyRun {
  readonly handle: LockHandle;
  /** To be called when the run is over. */
  readonly end: () => void;
}

/** The locks that an instance keeps between the runs of its sticky methods, by key. */
export class StickyLocks {
  private readonly kept = new Map<string, Kept>();
  private releasing = false;
  /** Calls as if from nowhere: what a caller happens to hold is not to be kept. */
  private readonly outside = AsyncLocalStorage.snapshot();

  constructor(private readonly client: LockClient) {}

  /**
   * The lock that is kept, or else a new one. Code that holds the key already enters it again.
   *
   * @throws {LockBusyError} also when another run of this instance has it
   * @throws as `LockClient.acquire`
   */
  async take(key: string, options: AcquireOptions): Promise<StickyRun> {
    if (lockInContext(key)?.held) {
      const lock = await this.client.acquire(key, options);
      return { handle: handleOf(lock), end: () => {} };
    }
    const kept = this.keptFor(key);
    if (kept.running) throw new LockBusyError(key);
    kept.running = true;
    let ended = false;
    const end = () => {
      if (ended) return;
      ended = true;
      kept.running = false;
      if (this.releasing) giveUp(kept);
    };
    try {
      if (!kept.lock?.held) {
        kept.lock = handleOf(
          await this.outside(() => this.client.acquire(key, options)),
        );
      }
      return { handle: new LockHandle(kept.lock.hold), end };
    } catch (error) {
      end();
      throw error;
    }
  }

  /** Releases every lock: now, or when the run that uses it is over. */
  release(): void {
    this.releasing = true;
    for (const kept of this.kept.values()) if (!kept.running) giveUp(kept);
  }

  private keptFor(key: string): Kept {
    let kept = this.kept.get(key);
    if (kept === undefined) {
      kept = { lock: undefined, running: false };
      this.kept.set(key, kept);
    }
    return kept;
  }
}

function giveUp(kept: Kept): void {
  kept.lock?.release().catch(() => {});
  kept.lock = undefined;
}
