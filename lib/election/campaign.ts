import { isLockError, type LockClient, systemClock } from '../core/index.js';
import {
  Backoff,
  handleOf,
  type LockHandle,
  onAbort,
  reportingErrors,
  runHolding,
  systemRandom,
  withTimeout,
} from '../core/internal.js';
import { electionKey } from './election-key.js';
import type { LeadOptions, TroubleListener } from './lead-options.js';
import { Leadership } from './leadership.js';

/** One call of `lead`: waits for its turn and does its work, again after each loss. */
export class Campaign {
  private readonly stopping = new AbortController();
  private current: Leadership | undefined;

  constructor(
    private readonly client: LockClient,
    readonly name: string,
    private readonly options: LeadOptions,
    /** Of the election. */
    private readonly onTrouble: TroubleListener,
  ) {}

  get leading(): boolean {
    return this.current?.leading ?? false;
  }

  /** Ends it. Who leads goes on to lead until its work has ended. */
  stop(reason: unknown): void {
    this.stopping.abort(reason);
    this.current?.end(reason);
  }

  async run<T>(
    work: (leadership: Leadership) => T | Promise<T>,
  ): Promise<T | undefined> {
    const { signal } = this.options;
    const stop = () => this.stop(signal?.reason);
    const stopListening = signal && onAbort(signal, stop);
    if (signal?.aborted) stop();
    try {
      for (;;) {
        const handle = await this.win();
        // The end may also have come since etcd said that it is won.
        if (handle === undefined || this.stopping.signal.aborted) {
          await handle?.release();
          return undefined;
        }
        const term = await this.serve(handle, work);
        if (term.complete) return term.result;
      }
    } finally {
      stopListening?.();
    }
  }

  /** The lock, or undefined when the campaign has ended. */
  private async win(): Promise<LockHandle | undefined> {
    const { ttl, metadata } = this.options;
    const { signal } = this.stopping;
    const backoff = new Backoff(systemClock, systemRandom);
    let told = '';
    while (!signal.aborted) {
      try {
        const lock = await this.client.acquire(electionKey(this.name), {
          ttl,
          metadata,
          signal,
          waitTimeout: Infinity,
        });
        return handleOf(lock);
      } catch (error) {
        if (signal.aborted || isLockError(error, 'LOCK_CLOSED')) break;
        // What mends itself is waited for below: this is an etcd that refuses.
        if (!isLockError(error, 'LOCK_STORE')) throw error;
        if (error.message !== told) this.tell(error);
        told = error.message;
        await this.pause(backoff.nextDelay());
      }
    }
    return undefined;
  }

  /** Shorter when the campaign ends. An etcd may refuse for days: nothing is kept of a pause. */
  private async pause(ms: number): Promise<void> {
    const { signal } = this.stopping;
    if (signal.aborted) return;
    let stopListening = () => {};
    const stopped = new Promise<void>((resolve) => {
      stopListening = onAbort(signal, resolve);
    });
    await withTimeout(systemClock, ms, stopped);
    stopListening();
  }

  private async serve<T>(
    handle: LockHandle,
    work: (leadership: Leadership) => T | Promise<T>,
  ): Promise<{ complete: true; result: T } | { complete: false }> {
    const leadership = new Leadership(this.name, handle);
    this.current = leadership;
    const stopListening = handle.hold.onLost((lost) => leadership.end(lost));
    try {
      const result = await runHolding(this.client, handle, async () =>
        work(leadership),
      );
      const lost = await handle.giveBack();
      if (lost === undefined || leadership.resigned) {
        return { complete: true, result };
      }
    } catch (error) {
      const goesOn =
        !leadership.resigned &&
        (handle.hold.lossByNow() !== undefined || this.stopping.signal.aborted);
      if (!goesOn) throw error;
      if (!isAbort(error, leadership.signal)) this.tell(error);
    } finally {
      stopListening();
      this.current = undefined;
      await handle.release();
    }
    return { complete: false };
  }

  private tell(error: unknown): void {
    const { onTrouble = this.onTrouble } = this.options;
    reportingErrors(this.onTrouble, () => onTrouble(error));
  }
}

/** Whether it says no more than that the signal has aborted, as it is or as Node puts it. */
function isAbort(error: unknown, { reason }: AbortSignal): boolean {
  return error === reason || (error instanceof Error && error.cause === reason);
}
