import { onAbort } from '../time/abort-listeners.js';
import { elapsedBetween, type Instant } from '../time/clock.js';
import {
  LockBusyError,
  LockClosedError,
  LockStoreError,
  LockTimeoutError,
} from '../api/errors.js';
import type { RemovalOutcome } from '../queue/remove-tickets.js';
import type { Hold } from './hold.js';
import { aboutCall, type AcquireRequest } from '../options/acquire-request.js';
import type { StoreError } from '../store/lock-store.js';
import type { ClientContext } from '../context/client-context.js';

/** Why a caller stops waiting. */
export type GiveUpReason = 'timeout' | 'aborted' | 'closed';

/** One caller who waits for a lock, and the limits of that wait. */
export class AcquireCall {
  readonly granted: Promise<Hold>;

  /** Called once it has been answered. */
  onAnswered = () => {};

  /** Called when the caller stops waiting; the queue answers with {@link refuse} when it is out. */
  onGiveUp: ((why: GiveUpReason) => void) | undefined;

  /** What becomes of the acquisitions that were made for it and came to nothing. */
  readonly removals: Promise<RemovalOutcome>[] = [];

  /** What its ticket says of the trace that the caller belongs to. */
  readonly trace: string | undefined;

  private readonly since;
  private readonly cancelTimer: () => void;
  private readonly stopListening: (() => void) | undefined;
  private resolve!: (hold: Hold) => void;
  private reject!: (error: unknown) => void;

  constructor(
    private readonly context: ClientContext,
    readonly request: AcquireRequest,
  ) {
    this.since = context.clock.now();
    context.emit({ type: 'requested', ...aboutCall(request) });
    this.trace = context.traceOf(request.call);
    this.granted = new Promise((resolve, reject) => {
      this.resolve = resolve;
      this.reject = reject;
    });
    this.cancelTimer = context.clock.setTimer(
      request.patienceMs,
      () => this.onGiveUp?.('timeout'),
      { keepAlive: true },
    );
    const { signal } = request;
    this.stopListening =
      signal && onAbort(signal, () => this.onGiveUp?.('aborted'));
  }

  get waitedMs(): number {
    return Math.round(elapsedBetween(this.since, this.context.clock.now()));
  }

  /** `freedAt`: when it was known that the one before had left. */
  grant(hold: Hold, freedAt: Instant | undefined): void {
    this.finish();
    this.context.emit({
      type: 'acquired',
      ...aboutCall(this.request),
      fencingToken: hold.fencingToken,
      waitedMs: this.waitedMs,
      handOverMs: freedAt && elapsedBetween(freedAt, this.context.clock.now()),
    });
    this.resolve(hold);
  }

  /** `clean`: it is certain that nothing of the caller is left in etcd. */
  refuse(
    why: GiveUpReason | 'busy',
    clean: boolean,
    trouble?: StoreError,
  ): void {
    const { key, signal } = this.request;
    const { waitedMs } = this;
    if (why === 'aborted') this.fail(signal!.reason);
    else if (why === 'closed') this.fail(new LockClosedError(key));
    else if (trouble !== undefined || !clean) this.failStore(trouble, clean);
    else if (why === 'busy') {
      this.context.emit({ type: 'busy', ...aboutCall(this.request) });
      this.end(new LockBusyError(key));
    } else {
      const about = aboutCall(this.request);
      this.context.emit({ type: 'timeout', ...about, waitedMs });
      this.end(new LockTimeoutError(key, waitedMs));
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
    const { waitedMs } = this;
    const about = aboutCall(this.request);
    this.context.emit({ type: 'failed', ...about, waitedMs, error });
    this.end(error);
  }

  private end(error: unknown): void {
    this.finish();
    this.reject(error);
  }

  private finish(): void {
    this.cancelTimer();
    this.onGiveUp = undefined;
    this.stopListening?.();
    this.onAnswered();
  }
}
