import { aboutCall } from '../options/acquire-request.js';
import { Acquisition } from '../queue/acquisition.js';
import type { AcquisitionOutcome } from '../queue/acquisition.js';
import type { LockMode } from '../api/lock.js';
import type { AcquireCall, GiveUpReason } from './acquire-call.js';
import { elapsedBetween, type Instant } from '../time/clock.js';
import { LockConflictError } from '../api/errors.js';
import { Hold } from './hold.js';
import { StoreError } from '../store/lock-store.js';
import { newBackoff, type ClientContext } from '../context/client-context.js';
import type { Session } from '../session/session.js';
import type { SessionSource } from '../session/session-pool.js';
import { writeTicket } from '../queue/ticket.js';
import { withTimeout } from '../time/with-timeout.js';

export interface LocalQueueTerms {
  readonly prefixes: readonly string[];
  readonly lockMode: LockMode;
  readonly sessions: SessionSource;
  readonly owner: LocalQueueOwner;
  /** What its owner finds it under, where it serves all callers of the key. */
  readonly commonName: string | undefined;
}

/** Who has to know of what a queue does, for the day it is told to end. */
export interface LocalQueueOwner {
  holdBegins(hold: Hold): void;
  holdEnds(hold: Hold): void;
  /** The acquisition tells by itself when its tickets are gone. */
  acquisitionBegins(acquisition: Acquisition): void;
  /** Nobody of this process holds the keys or wants them. */
  idle(queue: LocalQueue): void;
}

/** How long a caller who gives up waits for the confirmation that its ticket is gone. */
const CONFIRMATION_MS = 1000;

/**
 * Callers of this process who want the same keys, served in the order they came. They compete in
 * etcd as one: the queue has one acquisition there, whoever is at its head.
 */
export class LocalQueue {
  private readonly calls: AcquireCall[] = [];
  private serving = false;
  private current: Hold | undefined;
  private acquisition: Acquisition | undefined;
  private lastRemoval: Promise<unknown> | undefined;
  private trouble: StoreError | undefined;
  private answeredAt: Instant = { mono: -Infinity, wall: -Infinity };
  private wake: (() => void) | undefined;

  constructor(
    private readonly context: ClientContext,
    private readonly terms: LocalQueueTerms,
  ) {}

  /** Whether somebody of this process holds the keys or waits for them. */
  get busy(): boolean {
    return this.calls.length > 0 || this.holding;
  }

  get commonName(): string | undefined {
    return this.terms.commonName;
  }

  private get holding(): boolean {
    return this.current?.active ?? false;
  }

  join(call: AcquireCall): void {
    call.onGiveUp = (why) => void this.sendAway(call, why);
    this.calls.push(call);
    if (!this.serving) void this.serve();
  }

  private async serve(): Promise<void> {
    this.serving = true;
    let relieved: Acquisition | undefined;
    let freedAt: Instant | undefined;
    while (this.calls.length > 0) {
      const acquisition = await this.obtain(relieved);
      relieved = undefined;
      if (acquisition === undefined) continue;
      const hold = this.grant(acquisition, acquisition.clearedAt ?? freedAt);
      freedAt = undefined;
      if (hold !== undefined) {
        await hold.over;
        this.answeredAt = this.context.clock.now();
        this.terms.owner.holdEnds(hold);
      }
      if (
        hold !== undefined &&
        this.calls.length > 0 &&
        acquisition.canBeRelieved
      ) {
        relieved = acquisition;
        freedAt = this.answeredAt;
      } else {
        acquisition.remove();
      }
      this.lastRemoval = acquisition.removed;
    }
    this.serving = false;
    const { lastRemoval } = this;
    await lastRemoval;
    if (!this.serving && this.lastRemoval === lastRemoval)
      this.terms.owner.idle(this);
  }

  /** Gives the keys to the caller at the head, if it is still there. */
  private grant(
    acquisition: Acquisition,
    freedAt: Instant | undefined,
  ): Hold | undefined {
    const call = this.calls.shift();
    if (call === undefined) return undefined;
    const hold = new Hold(this.context, acquisition, call.request);
    this.current = hold;
    this.terms.owner.holdBegins(hold);
    call.grant(hold, freedAt);
    return hold;
  }

  /** An admitted acquisition, or undefined when the callers it was for are gone. */
  private async obtain(
    relieved?: Acquisition,
  ): Promise<Acquisition | undefined> {
    const backoff = newBackoff(this.context);
    let toRelieve = relieved;
    while (this.calls.length > 0) {
      try {
        const session = await this.terms.sessions.live();
        this.trouble = undefined;
        const acquisition = this.newAcquisition(session);
        const head = this.calls[0];
        if (head === undefined) {
          acquisition.remove();
          break;
        }
        const outcome = await this.enter(acquisition, toRelieve);
        if (outcome.why === 'admitted') return acquisition;
        this.giveUp(acquisition);
        await this.answer(outcome, head);
        toRelieve = undefined;
      } catch (error) {
        if (this.acquisition !== undefined) {
          toRelieve = undefined;
          this.giveUp(this.acquisition);
        }
        await this.overcome(error, backoff.nextDelay());
      } finally {
        this.acquisition = undefined;
      }
    }
    toRelieve?.remove();
    return undefined;
  }

  private giveUp(acquisition: Acquisition): void {
    acquisition.remove();
    for (const { removals: outcomes } of this.calls)
      outcomes.push(acquisition.removed);
  }

  private newAcquisition(session: Session): Acquisition {
    const { prefixes, lockMode, owner } = this.terms;
    const value = this.ticketValue();
    const acquisition = new Acquisition(this.context, session, {
      prefixes,
      lockMode: lockMode,
      value,
    });
    this.acquisition = acquisition;
    owner.acquisitionBegins(acquisition);
    return acquisition;
  }

  private ticketValue(): string {
    const { signature, clock } = this.context;
    const head = this.calls[0];
    return writeTicket(this.terms.lockMode, signature, {
      since: clock.now().wall,
      metadata: head?.request.metadata,
      trace: head?.trace,
    });
  }

  private async enter(
    acquisition: Acquisition,
    relieved: Acquisition | undefined,
  ): Promise<AcquisitionOutcome | { readonly why: 'busy' }> {
    const head = this.calls[0]?.request;
    if (head?.waitMs === 0) {
      relieved?.remove();
      await Promise.race([this.lastRemoval, this.interruption()]);
      if (this.calls.length === 0) acquisition.remove();
      return acquisition.tryOnce();
    }
    const outcome = await acquisition.queue(
      () => this.tellWaiting(acquisition),
      relieved,
    );
    if (acquisition.queued) this.answeredAt = this.context.clock.now();
    const heir = this.calls[0]?.request;
    if (
      outcome.why === 'admitted' &&
      heir &&
      heir.metadata !== head?.metadata
    ) {
      void acquisition.rewrite(this.ticketValue());
    }
    return outcome;
  }

  private tellWaiting({ aheadCount }: Acquisition): void {
    const request = this.calls[0]?.request;
    if (request === undefined) return;
    const about = aboutCall(request);
    this.context.emit({ type: 'waiting', ...about, ahead: aheadCount });
  }

  private async answer(
    outcome: AcquisitionOutcome | { readonly why: 'busy' },
    call: AcquireCall,
  ): Promise<void> {
    if (outcome.why !== 'busy' && outcome.why !== 'conflict') return;
    const clean = await this.isOut(call);
    // Whoever was at the head may have left; the answer is nobody else's.
    if (this.calls[0] !== call) return;
    this.calls.shift();
    if (outcome.why === 'busy') call.refuse('busy', clean);
    else call.fail(new LockConflictError(call.request.key, outcome.detail));
  }

  /** Waits where waiting may help; otherwise everybody who waits here hears of it. */
  private async overcome(error: unknown, delayMs: number): Promise<void> {
    if (this.calls.length === 0) return;
    if (error instanceof StoreError && error.retryable) {
      this.trouble = error;
      await withTimeout(this.context.clock, delayMs, this.interruption());
      return;
    }
    const clean = await this.isOut(...this.calls);
    for (const call of this.calls.splice(0)) {
      if (error instanceof StoreError) call.failStore(error, clean);
      else call.fail(error);
    }
  }

  private async sendAway(call: AcquireCall, why: GiveUpReason): Promise<void> {
    const index = this.calls.indexOf(call);
    if (index === -1) return;
    this.calls.splice(index, 1);
    call.onGiveUp = undefined;
    const trouble = this.storeTrouble(call);
    if (this.calls.length === 0 && this.acquisition !== undefined) {
      this.acquisition.remove();
      call.removals.push(this.acquisition.removed);
    }
    this.wake?.();
    call.refuse(why, await this.isOut(call), trouble);
  }

  /** Set while it is the store, not another holder, that keeps the caller waiting. */
  private storeTrouble({ waitedMs }: AcquireCall): StoreError | undefined {
    if (this.holding || this.acquisition?.queued) return undefined;
    const trouble = this.acquisition?.trouble ?? this.trouble;
    if (trouble !== undefined || this.unansweredMs() < waitedMs) return trouble;
    return new StoreError('timeout', 'unknown', 'no answer yet');
  }

  /** For how long nobody of this queue has held the keys or stood in the queue for them. */
  private unansweredMs(): number {
    return elapsedBetween(this.answeredAt, this.context.clock.now());
  }

  /** Whether it is confirmed, soon, that nothing of these callers is left in etcd. */
  private async isOut(...calls: readonly AcquireCall[]): Promise<boolean> {
    const removed = Promise.all(
      calls.flatMap(({ removals: outcomes }) => outcomes),
    );
    const outcomes = await withTimeout(
      this.context.clock,
      CONFIRMATION_MS,
      removed,
    );
    return outcomes !== undefined && !outcomes.includes('left-to-lease');
  }

  private interruption(): Promise<void> {
    return new Promise((resolve) => (this.wake = resolve));
  }
}
