import { aboutCall } from '../options/acquire-request.js';
import type { LockMode } from '../api/lock.js';
import type { Acquisition } from '../queue/acquisition.js';
import type { AcquisitionEnd, Holder } from '../queue/acquisition-terms.js';
import type { RemovalOutcome } from '../queue/remove-tickets.js';
import { elapsedBetween, type Instant, steadyBetween } from '../time/clock.js';
import {
  LockLostError,
  LockNotHeldError,
  LockStoreError,
  type LostReason,
} from '../api/errors.js';
import {
  StoreError,
  type Transaction,
  type TransactionReply,
} from '../store/lock-store.js';
import type { CallEvent } from '../api/lock-events.js';
import { guarded } from '../queue/queue-transactions.js';
import type { ClientContext } from '../context/client-context.js';
import { Deferred } from '../time/deferred.js';
import { withTimeout } from '../time/with-timeout.js';

export interface HoldTerms extends CallEvent {
  readonly lockMode: LockMode;
  readonly keys: readonly string[];
  readonly minHoldMs: number;
  readonly maxHoldMs: number;
  readonly keepMs: number;
}

const NOBODY: readonly never[] = [];

/** By whose tickets a hold stands. */
export interface HoldOwner {
  /**
   * It was released, or is lost.
   *
   * @returns whether the tickets stay all the same, to be taken again
   */
  holdOver(hold: Hold): boolean;
}

/**
 * The time during which keys are ours: from admission until the last handle on it is released, or
 * until it is lost.
 */
export class Hold implements Holder {
  private ending: Deferred<void> | undefined;
  private readonly since: Instant;
  private readonly stopMaxHold: (() => void) | undefined;
  private handles = 0;
  private released = false;
  private lossError: LockLostError | undefined;
  private refusal: StoreError | undefined;
  private controller: AbortController | undefined;
  private listeners: readonly ((error: LockLostError) => void)[] = NOBODY;

  constructor(
    private readonly context: ClientContext,
    private readonly acquisition: Acquisition,
    readonly terms: HoldTerms,
    private readonly owner: HoldOwner,
  ) {
    this.since = context.clock.now();
    context.processHold.enter();
    if (terms.maxHoldMs < Infinity)
      this.stopMaxHold = context.clock.setTimer(terms.maxHoldMs, () =>
        this.exceed(),
      );
    acquisition.addHolder(this);
  }

  /** Resolves when the keys are no longer ours, whatever the reason. */
  get over(): Promise<void> {
    if (!this.active) return Promise.resolve();
    this.ending ??= new Deferred();
    return this.ending.promise;
  }

  get wasReleased(): boolean {
    return this.released;
  }

  /** Whether it was neither released nor, as far as is known, lost. */
  get active(): boolean {
    return !this.released && this.lossError === undefined;
  }

  get fencingToken(): bigint {
    return this.acquisition.fencingToken;
  }

  get tickets() {
    return this.acquisition.tickets;
  }

  /** Why the ticket still stands after the release, if etcd refuses to remove it. */
  get removalRefused(): StoreError | undefined {
    return this.refusal;
  }

  /** Calls `listener` when the lock is lost, at once if it was. The returned function stops that. */
  onLost(listener: (error: LockLostError) => void): () => void {
    if (this.lossError !== undefined) {
      listener(this.lossError);
      return () => {};
    }
    this.listeners = [...this.listeners, listener];
    return () => {
      this.listeners = this.listeners.filter((one) => one !== listener);
    };
  }

  /** Made when first asked for: most holders never look, and a signal weighs more than a lock. */
  get signal(): AbortSignal {
    this.expireIfDue();
    if (this.controller === undefined) {
      this.controller = new AbortController();
      askBefore(this.controller.signal, () => this.expireIfDue());
      if (this.lossError !== undefined) this.controller.abort(this.lossError);
    }
    return this.controller.signal;
  }

  /** Why it was lost, if it was, by what the clocks say at this moment. */
  lossByNow(): LockLostError | undefined {
    this.expireIfDue();
    return this.lossError;
  }

  /** Milliseconds for which the keys are surely ours; zero when that is over. */
  remaining(): number {
    if (this.released || this.lossError !== undefined) return 0;
    const holdLeft = this.terms.maxHoldMs - this.heldMs();
    return Math.max(
      0,
      Math.min(this.acquisition.session.remaining(), holdLeft),
    );
  }

  /** Ends the hold if its time is over. Whoever relies on it asks before, for timers may be late. */
  private expireIfDue(): void {
    if (!this.active) return;
    this.acquisition.session.checkAlive();
    if (this.heldMs() >= this.terms.maxHoldMs) this.exceed();
  }

  private exceed(): void {
    const { maxHoldMs } = this.terms;
    this.lose('max-hold', `it was held for longer than ${maxHoldMs} ms`);
  }

  /** Runs a transaction that etcd applies only while our tickets stand. */
  async transact({
    compare = [],
    success = [],
    failure = [],
  }: Partial<Transaction>): Promise<TransactionReply> {
    const { key } = this.terms;
    const reply = await this.context.store
      .transact(guarded(this.tickets, { compare, success, failure }), {
        timeoutMs: this.context.requestTimeoutMs,
      })
      .catch((error: StoreError) => {
        throw LockStoreError.from(key, error);
      });
    const own = reply.replies[0];
    if (own?.kind === 'transaction')
      return { ...own, revision: reply.revision };
    this.expireIfDue();
    this.lose('taken', 'its ticket is no longer in etcd');
    throw this.lossError ?? new LockNotHeldError(key);
  }

  retain(): void {
    this.handles += 1;
  }

  /**
   * Takes one handle back; the last one ends the hold.
   *
   * @returns why the lock was lost before that, if it was: also when that comes out only now,
   * because the ticket is found missing
   */
  async drop(): Promise<LockLostError | undefined> {
    this.handles -= 1;
    if (this.lossByNow() !== undefined || this.handles > 0)
      return this.lossError;
    this.released = true;
    const { last, kept } = this.finish();
    const outcome = last && !kept ? await this.removal() : undefined;
    if (outcome === 'was-gone') {
      this.fail(
        'taken',
        'its ticket was no longer in etcd when it was released',
      );
      return this.lossError;
    }
    if (outcome instanceof StoreError && outcome.refusal)
      this.refusal = outcome;
    const about = aboutCall(this.terms);
    const heldMs = this.heldMs();
    this.context.emit({
      type: 'released',
      ...about,
      heldMs,
      ...(kept && { kept }),
    });
    return undefined;
  }

  acquisitionEnded(end: AcquisitionEnd): void {
    if (end.why === 'session-over')
      this.lose('session', this.acquisition.session.detail);
    else if (end.why === 'refused')
      this.lose(
        'taken',
        `etcd refuses to show whether its ticket still stands: ${end.error.message}`,
      );
    else this.lose('taken', 'its ticket was deleted in etcd');
  }

  /** Ends the hold although it was not released. */
  lose(reason: LostReason, detail: string): void {
    if (this.released || this.lossError !== undefined) return;
    this.fail(reason, detail);
    this.finish();
  }

  private fail(reason: LostReason, detail: string): void {
    const { key } = this.terms;
    this.lossError = new LockLostError(key, reason, detail);
    const about = aboutCall(this.terms);
    const heldMs = this.heldMs();
    this.context.emit({ type: 'lost', ...about, reason, heldMs });
    this.controller?.abort(this.lossError);
    for (const listener of this.listeners) listener(this.lossError);
  }

  /** As long as etcd does not answer, the removal goes on without anybody waiting for it. */
  private removal(): Promise<RemovalOutcome | undefined> {
    const { clock, requestTimeoutMs } = this.context;
    return withTimeout(clock, requestTimeoutMs, this.acquisition.removed);
  }

  /** Tells whether nobody else holds the keys by the same tickets, and whether they are kept. */
  private finish(): { readonly last: boolean; readonly kept: boolean } {
    this.stopMaxHold?.();
    const { clock, processHold } = this.context;
    processHold.leave();
    const heldMs = steadyBetween(this.since, clock.now());
    const standMs = this.terms.minHoldMs - heldMs;
    const last = this.acquisition.removeHolder(this, standMs);
    const kept = this.owner.holdOver(this);
    this.ending?.resolve();
    return { last, kept };
  }

  private heldMs(): number {
    return elapsedBetween(this.since, this.context.clock.now());
  }
}

/**
 * Whoever looks at the signal may have kept the event loop busy for longer than the lease lasts, so
 * that no timer has fired: let it ask first.
 */
function askBefore(signal: AbortSignal, ask: () => void): void {
  Object.defineProperty(signal, 'aborted', {
    get: () => {
      ask();
      return Reflect.get(AbortSignal.prototype, 'aborted', signal);
    },
  });
  Object.defineProperty(signal, 'throwIfAborted', {
    value: () => {
      if (signal.aborted) throw signal.reason;
    },
  });
}

/** Follows `work`, but not beyond the loss of the lock. Its later fate is nobody's concern. */
export function untilLost<T>(work: T | Promise<T>, hold: Hold): Promise<T> {
  return new Promise((resolve, reject) => {
    const stopListening = hold.onLost(reject);
    void Promise.resolve(work).then(
      (result) => {
        stopListening();
        resolve(result);
      },
      (error: unknown) => {
        stopListening();
        reject(error);
      },
    );
  });
}
