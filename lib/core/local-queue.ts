import { aboutCall } from './acquire-request.js';
import { Bid } from './bid.js';
import type { BidVerdict } from './bid-terms.js';
import type { Admission } from './admission.js';
import type { AcquireCall, GiveUpReason } from './acquire-call.js';
import { elapsedBetween, type Instant } from './clock.js';
import { LockConflictError } from './errors.js';
import { Hold } from './hold.js';
import { StoreError } from './lock-store.js';
import { newBackoff, type Runtime } from './runtime.js';
import type { Session } from './session.js';
import type { SessionSource } from './session-pool.js';
import { writeTicket } from './ticket.js';
import { within } from './within.js';

export interface LocalQueueTerms {
  readonly prefixes: readonly string[];
  readonly admission: Admission;
  readonly sessions: SessionSource;
  readonly owner: LocalQueueOwner;
  /** What its owner finds it under, where it serves all callers of the key. */
  readonly commonName: string | undefined;
}

/** Who has to know of what a queue does, for the day it is told to end. */
export interface LocalQueueOwner {
  holdBegins(hold: Hold): void;
  holdEnds(hold: Hold): void;
  /** The bid tells by itself when its tickets are gone. */
  bidBegins(bid: Bid): void;
  /** Nobody of this process holds the keys or wants them. */
  idle(queue: LocalQueue): void;
}

/** How long a caller who gives up waits for the confirmation that its ticket is gone. */
const CONFIRMATION_MS = 1000;

/**
 * Callers of this process who want the same keys, served in the order they came. They compete in
 * etcd as one: the queue has one bid there, whoever is at its head.
 */
export class LocalQueue {
  private readonly calls: AcquireCall[] = [];
  private serving = false;
  private current: Hold | undefined;
  private bid: Bid | undefined;
  private lastDeparture: Promise<unknown> | undefined;
  private trouble: StoreError | undefined;
  private answeredAt: Instant = { mono: -Infinity, wall: -Infinity };
  private wake: (() => void) | undefined;

  constructor(
    private readonly runtime: Runtime,
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
    let relieved: Bid | undefined;
    let freedAt: Instant | undefined;
    while (this.calls.length > 0) {
      const bid = await this.obtain(relieved);
      relieved = undefined;
      if (bid === undefined) continue;
      const hold = this.grant(bid, bid.clearedAt ?? freedAt);
      freedAt = undefined;
      if (hold !== undefined) {
        await hold.over;
        this.answeredAt = this.runtime.clock.now();
        this.terms.owner.holdEnds(hold);
      }
      if (hold !== undefined && this.calls.length > 0 && bid.canBeRelieved) {
        relieved = bid;
        freedAt = this.answeredAt;
      } else {
        bid.leave();
      }
      this.lastDeparture = bid.departed;
    }
    this.serving = false;
    const { lastDeparture } = this;
    await lastDeparture;
    if (!this.serving && this.lastDeparture === lastDeparture)
      this.terms.owner.idle(this);
  }

  /** Gives the keys to the caller at the head, if it is still there. */
  private grant(bid: Bid, freedAt: Instant | undefined): Hold | undefined {
    const call = this.calls.shift();
    if (call === undefined) return undefined;
    const hold = new Hold(this.runtime, bid, call.request);
    this.current = hold;
    this.terms.owner.holdBegins(hold);
    call.grant(hold, freedAt);
    return hold;
  }

  /** An admitted bid, or undefined when the callers it was for are gone. */
  private async obtain(relieved?: Bid): Promise<Bid | undefined> {
    const backoff = newBackoff(this.runtime);
    let toRelieve = relieved;
    while (this.calls.length > 0) {
      try {
        const session = await this.terms.sessions.live();
        this.trouble = undefined;
        const bid = this.newBid(session);
        const head = this.calls[0];
        if (head === undefined) {
          bid.leave();
          break;
        }
        const verdict = await this.enter(bid, toRelieve);
        if (verdict.why === 'admitted') return bid;
        this.giveUp(bid);
        await this.answer(verdict, head);
        toRelieve = undefined;
      } catch (error) {
        if (this.bid !== undefined) {
          toRelieve = undefined;
          this.giveUp(this.bid);
        }
        await this.overcome(error, backoff.nextDelay());
      } finally {
        this.bid = undefined;
      }
    }
    toRelieve?.leave();
    return undefined;
  }

  private giveUp(bid: Bid): void {
    bid.leave();
    for (const { removals: departures } of this.calls)
      departures.push(bid.departed);
  }

  private newBid(session: Session): Bid {
    const { prefixes, admission, owner } = this.terms;
    const value = this.ticketValue();
    const bid = new Bid(this.runtime, session, { prefixes, admission, value });
    this.bid = bid;
    owner.bidBegins(bid);
    return bid;
  }

  private ticketValue(): string {
    const { signature, clock } = this.runtime;
    const head = this.calls[0];
    return writeTicket(this.terms.admission, signature, {
      since: clock.now().wall,
      metadata: head?.request.metadata,
      trace: head?.trace,
    });
  }

  private async enter(
    bid: Bid,
    relieved: Bid | undefined,
  ): Promise<BidVerdict | { readonly why: 'busy' }> {
    const head = this.calls[0]?.request;
    if (head?.waitMs === 0) {
      relieved?.leave();
      await Promise.race([this.lastDeparture, this.interruption()]);
      if (this.calls.length === 0) bid.leave();
      return bid.tryOnce();
    }
    const verdict = await bid.queue(() => this.tellWaiting(bid), relieved);
    if (bid.queued) this.answeredAt = this.runtime.clock.now();
    const heir = this.calls[0]?.request;
    if (
      verdict.why === 'admitted' &&
      heir &&
      heir.metadata !== head?.metadata
    ) {
      void bid.rewrite(this.ticketValue());
    }
    return verdict;
  }

  private tellWaiting({ aheadCount }: Bid): void {
    const request = this.calls[0]?.request;
    if (request === undefined) return;
    const about = aboutCall(request);
    this.runtime.emit({ type: 'waiting', ...about, ahead: aheadCount });
  }

  private async answer(
    verdict: BidVerdict | { readonly why: 'busy' },
    call: AcquireCall,
  ): Promise<void> {
    if (verdict.why !== 'busy' && verdict.why !== 'conflict') return;
    const clean = await this.isOut(call);
    // Whoever was at the head may have left; the answer is nobody else's.
    if (this.calls[0] !== call) return;
    this.calls.shift();
    if (verdict.why === 'busy') call.refuse('busy', clean);
    else call.fail(new LockConflictError(call.request.key, verdict.detail));
  }

  /** Waits where waiting may help; otherwise everybody who waits here hears of it. */
  private async overcome(error: unknown, delayMs: number): Promise<void> {
    if (this.calls.length === 0) return;
    if (error instanceof StoreError && error.retryable) {
      this.trouble = error;
      await within(this.runtime.clock, delayMs, this.interruption());
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
    if (this.calls.length === 0 && this.bid !== undefined) {
      this.bid.leave();
      call.removals.push(this.bid.departed);
    }
    this.wake?.();
    call.refuse(why, await this.isOut(call), trouble);
  }

  /** Set while it is the store, not another holder, that keeps the caller waiting. */
  private storeTrouble({ waitedMs }: AcquireCall): StoreError | undefined {
    if (this.holding || this.bid?.queued) return undefined;
    const trouble = this.bid?.trouble ?? this.trouble;
    if (trouble !== undefined || this.unansweredMs() < waitedMs) return trouble;
    return new StoreError('timeout', 'unknown', 'no answer yet');
  }

  /** For how long nobody of this queue has held the keys or stood in the queue for them. */
  private unansweredMs(): number {
    return elapsedBetween(this.answeredAt, this.runtime.clock.now());
  }

  /** Whether it is confirmed, soon, that nothing of these callers is left in etcd. */
  private async isOut(...calls: readonly AcquireCall[]): Promise<boolean> {
    const departed = Promise.all(
      calls.flatMap(({ removals: departures }) => departures),
    );
    const departures = await within(
      this.runtime.clock,
      CONFIRMATION_MS,
      departed,
    );
    return departures !== undefined && !departures.includes('lease');
  }

  private interruption(): Promise<void> {
    return new Promise((resolve) => (this.wake = resolve));
  }
}
