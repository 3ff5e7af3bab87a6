import { onAbort } from './abort-listeners.js';
import { elapsedBetween } from './clock.js';
import {
  LockBusyError,
  LockClosedError,
  LockStoreError,
  LockTimeoutError,
} from './errors.js';
import type { Departure } from './departure.js';
import type { Hold } from './hold.js';
import type { AcquireRequest } from './acquire-request.js';
import type { StoreError } from './lock-store.js';
import type { Runtime } from './runtime.js';

/** Why a caller stops waiting. */
export type Departing = 'timeout' | 'aborted' | 'closed';

/** One caller who waits for a lock, and the limits of that wait. */
export class Claim {
  readonly granted: Promise<Hold>;

  /** Called when the caller stops waiting; the line answers with {@link refuse} when it is out. */
  onDeparting: ((why: Departing) => void) | undefined;

  /** What becomes of the bids that were made for it and came to nothing. */
  readonly departures: Promise<Departure>[] = [];

  private readonly since;
  private readonly cancelTimer: () => void;
  private readonly stopListening: (() => void) | undefined;
  private resolve!: (hold: Hold) => void;
  private reject!: (error: unknown) => void;

  constructor(
    private readonly runtime: Runtime,
    readonly request: AcquireRequest,
  ) {
    this.since = runtime.clock.now();
    this.granted = new Promise((resolve, reject) => {
      this.resolve = resolve;
      this.reject = reject;
    });
    this.cancelTimer = runtime.clock.setTimer(
      request.patienceMs,
      () => this.onDeparting?.('timeout'),
      { keepAlive: true },
    );
    const { signal } = request;
    this.stopListening =
      signal && onAbort(signal, () => this.onDeparting?.('aborted'));
  }

  get waitedMs(): number {
    return Math.round(elapsedBetween(this.since, this.runtime.clock.now()));
  }

  grant(hold: Hold): void {
    this.finish();
    this.runtime.emit({
      type: 'acquired',
      key: this.request.key,
      fencingToken: hold.fencingToken,
      waitedMs: this.waitedMs,
    });
    this.resolve(hold);
  }

  /** `clean`: it is certain that nothing of the caller is left in etcd. */
  refuse(why: Departing | 'busy', clean: boolean, trouble?: StoreError): void {
    const { key, signal } = this.request;
    const { waitedMs } = this;
    if (why === 'aborted') this.fail(signal!.reason);
    else if (why === 'closed') this.fail(new LockClosedError(key));
    else if (trouble !== undefined || !clean) this.failStore(trouble, clean);
    else if (why === 'busy') {
      this.runtime.emit({ type: 'busy', key });
      this.fail(new LockBusyError(key));
    } else {
      this.runtime.emit({ type: 'timeout', key, waitedMs });
      this.fail(new LockTimeoutError(key, waitedMs));
    }
  }

  failStore(trouble: StoreError | undefined, clean: boolean): void {
    const detail =
      trouble?.message ?? 'the removal of the ticket was not confirmed';
    const outcome = clean ? 'not-applied' : 'unknown';
    this.fail(
      new LockStoreError(this.request.key, outcome, detail, { cause: trouble }),
    );
  }

  fail(error: unknown): void {
    this.finish();
    this.reject(error);
  }

  private finish(): void {
    this.cancelTimer();
    this.onDeparting = undefined;
    this.stopListening?.();
  }
}
