import type { ClientContext } from '../context/client-context.js';
import {
  LockBusyError,
  LockClosedError,
  LockStoreError,
  LockTimeoutError,
} from '../api/errors.js';
import { aboutCall, type AcquireRequest } from '../options/acquire-request.js';
import { outcomeByNow, type Removal } from '../queue/remove-tickets.js';
import { StoreError } from '../store/lock-store.js';
import { onAbort } from '../time/abort-listeners.js';
import { elapsedBetween, type Instant } from '../time/clock.js';
import { Deferred } from '../time/deferred.js';
import { withTimeout } from '../time/with-timeout.js';
import type { Hold } from './hold.js';

/** How long a caller who gives up waits for the confirmation that its ticket is gone. */
const CONFIRMATION_MS = 1000;

/** Why a caller stops waiting. */
export type GiveUpReason = 'timeout' | 'aborted' | 'closed';

/** What is known of the store when a call ends. */
export interface StoreFindings {
  /** Set where something of the call may be left in etcd. */
  readonly left?: true;
  /** What went wrong there, if that is why the call ends. */
  readonly trouble?: StoreError | undefined;
}

/** One caller who waits for a lock, and the limits of that wait. */
export class AcquireCall {
  /** Called once it has been answered. */
  onAnswered = () => {};

  /** Called when the caller stops waiting; {@link refuse} answers it when it is out. */
  onGiveUp: ((why: GiveUpReason) => void) | undefined;

  /** What becomes of the tickets that were put for it and came to nothing. */
  readonly removals: Removal[] = [];

  /** What its ticket says of the trace that the caller belongs to. */
  readonly trace: string | undefined;

  private readonly answer = new Deferred<Hold>();
  private readonly since;
  private readonly cancelTimer: () => void;
  private readonly stopListening: (() => void) | undefined;

  constructor(
    private readonly context: ClientContext,
    readonly request: AcquireRequest,
  ) {
    this.since = context.clock.now();
    context.emit({ type: 'requested', ...aboutCall(request) });
    this.trace = context.traceOf(request.call);
    this.cancelTimer = context.clock.setTimer(
      request.patienceMs,
      () => this.onGiveUp?.('timeout'),
      { keepAlive: true },
    );
    const { signal } = request;
    this.stopListening =
      signal && onAbort(signal, () => this.onGiveUp?.('aborted'));
  }

  get granted(): Promise<Hold> {
    return this.answer.promise;
  }

  get waitedMs(): number {
    return Math.round(elapsedBetween(this.since, this.context.clock.now()));
  }

  /** `freedAt`: when it was known that the one before had left. */
  grant(
    hold: Hold,
    { freedAt, kept }: { freedAt: Instant | undefined; kept: boolean },
  ): void {
    this.finish();
    this.context.emit({
      type: 'acquired',
      ...aboutCall(this.request),
      fencingToken: hold.fencingToken,
      waitedMs: this.waitedMs,
      handOverMs: freedAt && elapsedBetween(freedAt, this.context.clock.now()),
      ...(kept && { kept }),
    });
    this.answer.resolve(hold);
  }

  /** Waits, for a second at most, for the confirmation that nothing of it is left in etcd. */
  async leftBehind(): Promise<StoreFindings> {
    const outcomes = await withTimeout(
      this.context.clock,
      CONFIRMATION_MS,
      Promise.all(this.removals.map(outcomeByNow)),
    );
    const refusal = outcomes?.find((one) => one instanceof StoreError);
    if (refusal !== undefined) return { left: true, trouble: refusal };
    const clean = outcomes !== undefined && !outcomes.includes('left-to-lease');
    return clean ? {} : { left: true };
  }

  refuse(why: GiveUpReason | 'busy', findings: StoreFindings): void {
    const { key, signal } = this.request;
    const { waitedMs } = this;
    if (why === 'aborted') this.fail(signal!.reason);
    else if (why === 'closed') this.fail(new LockClosedError(key));
    else if (findings.trouble || findings.left) this.failStore(findings);
    // Whoever tries does not wait: where nobody says whether the lock is in use, it counts as in use.
    else if (why === 'busy' || this.request.waitMs === 0) {
      this.context.emit({ type: 'busy', ...aboutCall(this.request) });
      this.end(new LockBusyError(key));
    } else {
      const about = aboutCall(this.request);
      this.context.emit({ type: 'timeout', ...about, waitedMs });
      this.end(new LockTimeoutError(key, waitedMs));
    }
  }

  failStore({ left, trouble }: StoreFindings): void {
    const detail =
      trouble?.message ?? 'the removal of the ticket was not confirmed';
    const outcome = left ? 'unknown' : 'not-applied';
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
    this.answer.reject(error);
  }

  private finish(): void {
    this.cancelTimer();
    this.onGiveUp = undefined;
    this.stopListening?.();
    this.onAnswered();
  }
}
