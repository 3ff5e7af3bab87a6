import { LockConflictError } from '../api/errors.js';
import { type ClientContext, newBackoff } from '../context/client-context.js';
import type { KeptEndReason } from '../api/lock-events.js';
import { aboutCall, type AcquireRequest } from '../options/acquire-request.js';
import { Acquisition } from '../queue/acquisition.js';
import type { TryOutcome } from '../queue/acquisition-terms.js';
import { writeTicket } from '../queue/ticket.js';
import type { Session } from '../session/session.js';
import { StoreError } from '../store/lock-store.js';
import type { Backoff } from '../time/backoff.js';
import type { Instant } from '../time/clock.js';
import { Wakeup } from '../time/wakeup.js';
import type { AcquireCall } from './acquire-call.js';
import { Hold, type HoldOwner } from './hold.js';
import type { KeptLock } from './kept-locks.js';
import type { LaneQueue } from './lane-queue.js';
import type { LocalQueueTerms } from './local-queue.js';
import { Tenure } from './tenure.js';

/**
 * Serves callers one after the other, with one ticket in etcd at a time: when a caller gives up, the
 * next one inherits its place.
 */
export class Lane implements HoldOwner, KeptLock {
  private call: AcquireCall | undefined;
  /** What the ticket says is its. */
  private author: AcquireCall | undefined;
  private acquisition: Acquisition | undefined;
  /** What its holders hold by. */
  private granted: Acquisition | undefined;
  private tenure: Tenure | undefined;
  private storeTrouble: StoreError | undefined;
  private readonly wakeup = new Wakeup();

  constructor(
    private readonly context: ClientContext,
    private readonly terms: LocalQueueTerms,
    private readonly queue: LaneQueue,
  ) {}

  /** Whether somebody has the lock by it, or wants it. */
  get busy(): boolean {
    return this.call !== undefined || this.held;
  }

  private get held(): boolean {
    return this.granted?.held ?? false;
  }

  /** Whether its ticket stands in etcd, or its caller has the lock. */
  get inPlace(): boolean {
    const stands = this.held || this.tenure !== undefined;
    return stands || (this.acquisition?.queued ?? false);
  }

  /** What goes wrong on the way to the store; undefined while it answers. */
  get trouble(): StoreError | undefined {
    return this.acquisition?.trouble ?? this.storeTrouble;
  }

  /** Whether it is this lane that serves the caller. */
  serves(call: AcquireCall): boolean {
    return this.call === call;
  }

  /** The caller gives up. What stands in etcd for it goes to the next, or is taken out. */
  abandon(call: AcquireCall): void {
    this.call = this.queue.heir();
    // Nobody inherits a try: it does not wait.
    const inherited = this.call !== undefined && call.request.waitMs > 0;
    if (!inherited && this.acquisition !== undefined) {
      this.acquisition.remove();
      call.removals.push(this.acquisition);
    }
    this.wakeup.wake();
  }

  /** Serves until nobody is left, and nothing is kept. */
  async serve(): Promise<void> {
    let previous: Acquisition | undefined;
    let freedAt: Instant | undefined;
    while (this.takeCall()) {
      const acquisition = await this.obtain(previous);
      previous = undefined;
      if (acquisition === undefined) continue;
      const served = this.grant(acquisition, acquisition.clearedAt ?? freedAt);
      for (;;) {
        const change = this.changeDue(acquisition);
        if (change === undefined) break;
        await change;
      }
      this.endTenure();
      freedAt = served ? this.context.clock.now() : undefined;
      if (served && acquisition.canBeReplaced && this.takeCall())
        previous = acquisition;
      else this.release(acquisition);
    }
  }

  get prefix(): string {
    return this.terms.prefixes[0]!;
  }

  takeKept(request: AcquireRequest): Hold | undefined {
    const { tenure, terms } = this;
    const first = this.call === undefined && this.queue.empty;
    const alike =
      request.ttlMs === terms.ttlMs &&
      request.lockMode.mode === 'exclusive' &&
      !request.dedicatedLease;
    return first && alike && tenure?.takeable
      ? this.hold(tenure.acquisition, request)
      : undefined;
  }

  giveUpKept(reason: KeptEndReason): void {
    this.tenure?.end(reason);
  }

  /** A caller has joined the queue. */
  callerCame(): void {
    if (this.tenure?.resting) this.wakeup.wake();
  }

  holdOver(hold: Hold): boolean {
    const { tenure } = this;
    const { keepMs } = hold.terms;
    this.terms.owner.holdEnds(hold);
    const kept =
      keepMs > 0 && hold.wasReleased && this.terms.kept.open && !!tenure?.lasts;
    if (kept) {
      tenure.rest(hold.terms);
      this.terms.kept.add(this);
    }
    if (!this.held && !(kept && this.queue.empty)) this.wakeup.wake();
    return kept;
  }

  /**
   * What to wait for while the ticket stands: as long as it is held and, where it may be kept, while
   * it rests, for those who come meanwhile. Undefined when it must go.
   */
  private changeDue(acquisition: Acquisition): Promise<void> | undefined {
    for (;;) {
      const { tenure } = this;
      if (this.held) return this.wakeup.sleep();
      if (!tenure?.resting || !tenure.lasts) return undefined;
      if (!tenure.takeable || !this.takeCall()) return this.wakeup.sleep();
      const turn = this.terms.kept.turnDue;
      if (turn !== undefined) return turn;
      this.grant(acquisition, this.context.clock.now());
    }
  }

  private endTenure(): void {
    const { tenure } = this;
    this.tenure = undefined;
    this.terms.kept.remove(this);
    tenure?.stop();
    if (tenure?.resting) {
      const { usedBy, over: reason } = tenure;
      const { key, template } = usedBy!;
      this.context.emit({
        type: 'kept-ended',
        key,
        template,
        reason: reason!,
      });
    }
  }

  private takeCall(): boolean {
    this.call ??= this.queue.next(this);
    return this.call !== undefined;
  }

  /** Gives the keys to the caller, if it is still there, and to those that may share them. */
  private grant(
    acquisition: Acquisition,
    freedAt: Instant | undefined,
  ): boolean {
    const shared = this.queue.admitted(this);
    const calls = this.call === undefined ? shared : [this.call, ...shared];
    this.call = undefined;
    this.granted = acquisition;
    const kept = this.tenure !== undefined;
    if (acquisition.keeps && !kept)
      this.tenure = new Tenure(this.context, acquisition, () =>
        this.wakeup.wake(),
      );
    for (const call of calls) {
      const hold = this.hold(acquisition, call.request);
      call.grant(hold, { freedAt, kept });
    }
    return calls.length > 0;
  }

  private hold(acquisition: Acquisition, request: AcquireRequest): Hold {
    this.tenure?.take();
    this.terms.kept.remove(this);
    const hold = new Hold(this.context, acquisition, request, this);
    // It may have been lost before it began.
    if (hold.active) this.terms.owner.holdBegins(hold);
    return hold;
  }

  /** An admitted acquisition, or undefined when nobody is left who wants one. */
  private async obtain(
    previous?: Acquisition,
  ): Promise<Acquisition | undefined> {
    let backoff: Backoff | undefined;
    let replaced = previous;
    while (this.takeCall()) {
      try {
        const acquisition = await this.attempt(replaced);
        if (acquisition !== undefined) return acquisition;
      } catch (error) {
        backoff ??= newBackoff(this.context);
        await this.overcome(error, backoff);
      }
      replaced = undefined;
    }
    if (replaced !== undefined) this.release(replaced);
    return undefined;
  }

  /** One acquisition from its beginning until it is admitted, or out. It takes `previous` out. */
  private async attempt(
    previous: Acquisition | undefined,
  ): Promise<Acquisition | undefined> {
    const { sessions } = this.terms;
    const session = sessions.current ?? (await this.newSession(previous));
    const acquisition = this.begin(session);
    const { call } = this;
    try {
      if (call === undefined) {
        if (previous !== undefined) this.release(previous);
        acquisition.remove();
        return undefined;
      }
      const alike = this.queue.alike(call);
      const outcome = await this.enter(call, acquisition, previous);
      if (outcome.why === 'admitted') {
        this.sign(acquisition);
        return acquisition;
      }
      this.giveUp(acquisition);
      await this.answer(call, alike, outcome);
      return undefined;
    } catch (error) {
      this.giveUp(acquisition);
      throw error;
    } finally {
      this.acquisition = undefined;
    }
  }

  private async newSession(
    previous: Acquisition | undefined,
  ): Promise<Session> {
    this.author = this.call;
    try {
      return await this.terms.sessions.live();
    } catch (error) {
      if (previous !== undefined) this.release(previous);
      throw error;
    }
  }

  private begin(session: Session): Acquisition {
    const { prefixes, lockMode, owner, batch } = this.terms;
    this.storeTrouble = undefined;
    const acquisition = new Acquisition(this.context, session, {
      prefixes,
      lockMode,
      value: this.ticketValue(),
      keeps: (this.call?.request.keepMs ?? 0) > 0,
      batch,
      onGone: this.queue.onGone,
    });
    this.acquisition = acquisition;
    owner.acquisitionBegins(acquisition);
    return acquisition;
  }

  private enter(
    { request }: AcquireCall,
    acquisition: Acquisition,
    previous: Acquisition | undefined,
  ): Promise<TryOutcome> {
    if (request.waitMs === 0) return this.tryOnce(acquisition, previous);
    return acquisition.enter(() => {
      this.tellWaiting(acquisition);
      this.queue.queued(this);
    }, previous);
  }

  private async tryOnce(
    acquisition: Acquisition,
    previous: Acquisition | undefined,
  ): Promise<TryOutcome> {
    if (previous !== undefined) this.release(previous);
    await Promise.race([this.queue.settled(), this.wakeup.sleep()]);
    if (this.call === undefined) acquisition.remove();
    return acquisition.tryOnce();
  }

  /** The ticket says whose it is now: it may have been put for a caller who has left. */
  private sign(acquisition: Acquisition): void {
    const { call, author } = this;
    this.author = undefined;
    const same =
      call?.request.metadata === author?.request.metadata &&
      call?.trace === author?.trace;
    if (call !== undefined && !same)
      void acquisition.rewrite(this.valueFor(call));
  }

  private tellWaiting({ aheadCount }: Acquisition): void {
    if (this.call === undefined) return;
    const about = aboutCall(this.call.request);
    this.context.emit({ type: 'waiting', ...about, ahead: aheadCount });
  }

  private ticketValue(): string {
    this.author = this.call;
    return this.valueFor(this.call);
  }

  private valueFor(call: AcquireCall | undefined): string {
    const { signature, clock } = this.context;
    return writeTicket(this.terms.lockMode, signature, {
      since: clock.now().wall,
      metadata: call?.request.metadata,
      trace: call?.trace,
    });
  }

  /** Takes out what was held; a try of this process waits until it is out of the way. */
  private release(acquisition: Acquisition): void {
    acquisition.remove();
    this.queue.releases(acquisition);
  }

  private giveUp(acquisition: Acquisition): void {
    acquisition.remove();
    this.call?.removals.push(acquisition);
  }

  /** Ends a call that came to nothing, and those that are `alike`. */
  private async answer(
    call: AcquireCall,
    alike: readonly AcquireCall[],
    outcome: TryOutcome,
  ): Promise<void> {
    if (outcome.why === 'refused') throw outcome.error;
    if (outcome.why !== 'busy' && outcome.why !== 'conflict') return;
    const left = await call.leftBehind();
    for (const one of [call, ...alike]) {
      // Whoever was served may have left; the answer is nobody else's.
      if (!this.take(one)) continue;
      if (outcome.why === 'busy') one.refuse('busy', one === call ? left : {});
      else one.fail(new LockConflictError(one.request.key, outcome.detail));
    }
  }

  /** Waits where waiting may help; otherwise those whom it concerns hear of it. */
  private async overcome(error: unknown, backoff: Backoff): Promise<void> {
    const { call } = this;
    if (call === undefined) return;
    // Whoever gives up meanwhile is told as well.
    if (error instanceof StoreError) this.storeTrouble = error;
    if (error instanceof StoreError && error.retryable) {
      await backoff.pause(this.wakeup);
      return;
    }
    const everybody = error instanceof StoreError && !isOfOneRequest(error);
    // What came of another's request is no answer to whoever has its place now.
    if (!everybody && call !== this.author) return;
    const concerned = [call, ...(everybody ? this.queue.all() : [])];
    const left = await call.leftBehind();
    for (const one of concerned) {
      if (!this.take(one)) continue;
      if (!(error instanceof StoreError)) one.fail(error);
      else one.failStore({ ...(one === call && left), trouble: error });
    }
  }

  /** Takes a caller out to answer it, unless it has been answered. */
  private take(call: AcquireCall): boolean {
    if (this.call !== call) return this.queue.withdraw(call);
    this.call = undefined;
    return true;
  }
}

/** Whether etcd could not do with what one request brought with it. */
function isOfOneRequest({ reason }: StoreError): boolean {
  return reason === 'too-large' || reason === 'invalid';
}
