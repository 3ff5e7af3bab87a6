import type { LockMode } from '../api/lock.js';
import type { ClientContext } from '../context/client-context.js';
import type { Acquisition } from '../queue/acquisition.js';
import { takeOut, withOneMore } from '../queue/few.js';
import type { EntryBatch } from '../queue/entry-batch.js';
import type { SessionSource } from '../session/session-pool.js';
import { StoreError } from '../store/lock-store.js';
import type { AcquireCall, GiveUpReason } from './acquire-call.js';
import type { Hold } from './hold.js';
import type { KeptLocks } from './kept-locks.js';
import { Lane } from './lane.js';
import type { LaneQueue } from './lane-queue.js';

export interface LocalQueueTerms {
  readonly prefixes: readonly string[];
  readonly lockMode: LockMode;
  readonly sessions: SessionSource;
  readonly owner: LocalQueueOwner;
  readonly ttlMs: number;
  readonly kept: KeptLocks;
  /** For tickets that may be put side by side. */
  readonly batch: EntryBatch | undefined;
}

/** Who has to know of what a queue does, for the day it is told to end. */
export interface LocalQueueOwner {
  holdBegins(hold: Hold): void;
  holdEnds(hold: Hold): void;
  acquisitionBegins(acquisition: Acquisition): void;
  acquisitionEnds(acquisition: Acquisition): void;
  /** Nobody of this process holds the keys or wants them. */
  idle(queue: LocalQueue): void;
}

/**
 * Callers of this process who want the same keys on the same terms, served in the order they came.
 * In etcd stand no more tickets of theirs than could be admitted together:
 *
 * - exclusive: one, whoever is served
 * - n permits: n, one for each caller that is served
 * - shared: one for all who wait when it is admitted; those who come later get the next one, behind
 *   whoever else has come meanwhile
 */
export class LocalQueue implements LaneQueue {
  /** Those whom no lane serves yet. */
  private waiting: AcquireCall[] = [];
  private lanes: Lane[] = [];
  /** The lane of a shared lock that is not admitted yet: it serves all who wait. */
  private front: Lane | undefined;
  private releasing: Acquisition[] = [];

  constructor(
    private readonly context: ClientContext,
    readonly name: string,
    private readonly terms: LocalQueueTerms,
  ) {}

  /** Whether a call that does not wait is refused without asking etcd. */
  get refusesTries(): boolean {
    if (this.shared) return this.front?.inPlace ?? false;
    if (this.waiting.length > 0) return true;
    // Counted only when it may matter: there may be as many lanes as permits.
    if (this.lanes.length < this.width) return false;
    const busy = this.lanes.filter((lane) => lane.busy).length;
    return busy >= this.width;
  }

  join(call: AcquireCall): void {
    call.onGiveUp = (why) => void this.sendAway(call, why);
    this.waiting = withOneMore(this.waiting, call);
    for (const lane of this.lanes) lane.callerCame();
    this.openLane();
  }

  next(lane: Lane): AcquireCall | undefined {
    // Whoever has been admitted leaves a shared lock to those who come later.
    if (this.shared && lane !== this.front) return undefined;
    return this.waiting.shift();
  }

  heir(): AcquireCall | undefined {
    const call = this.waiting.find((one) => !isTry(one));
    if (call !== undefined) this.withdraw(call);
    return call;
  }

  admitted(lane: Lane): readonly AcquireCall[] {
    if (!this.shared) return [];
    if (this.front === lane) this.front = undefined;
    return this.waiting.splice(0);
  }

  queued(): void {
    // Somebody waits, so a try would have to.
    const tries = this.waiting.filter(isTry);
    for (const call of tries) if (this.withdraw(call)) call.refuse('busy', {});
  }

  alike(call: AcquireCall): readonly AcquireCall[] {
    if (!this.shared) return [];
    return this.waiting.filter((one) => isTry(one) === isTry(call));
  }

  all(): readonly AcquireCall[] {
    return [...this.waiting];
  }

  get empty(): boolean {
    return this.waiting.length === 0;
  }

  withdraw(call: AcquireCall): boolean {
    return takeOut(this.waiting, call);
  }

  releases(acquisition: Acquisition): void {
    if (!acquisition.isGone)
      this.releasing = withOneMore(this.releasing, acquisition);
  }

  readonly onGone = (acquisition: Acquisition): void => {
    this.terms.owner.acquisitionEnds(acquisition);
    if (takeOut(this.releasing, acquisition)) this.endIfIdle();
  };

  settled(): Promise<unknown> {
    return Promise.all(this.releasing.map(({ removed }) => removed));
  }

  private get shared(): boolean {
    return this.terms.lockMode.mode === 'shared';
  }

  /** How many lanes may be open. */
  private get width(): number {
    const { lockMode } = this.terms;
    return lockMode.mode === 'permits' ? lockMode.permits : 1;
  }

  private openLane(): void {
    if (this.waiting.length === 0) return;
    if (this.shared ? this.front : this.lanes.length >= this.width) return;
    const lane = new Lane(this.context, this.terms, this);
    if (this.shared) this.front = lane;
    this.lanes = withOneMore(this.lanes, lane);
    void lane.serve().then(() => {
      takeOut(this.lanes, lane);
      if (this.front === lane) this.front = undefined;
      this.openLane();
      this.endIfIdle();
    });
  }

  private endIfIdle(): void {
    const { waiting, lanes, releasing } = this;
    if (waiting.length + lanes.length + releasing.length === 0)
      this.terms.owner.idle(this);
  }

  private async sendAway(call: AcquireCall, why: GiveUpReason): Promise<void> {
    call.onGiveUp = undefined;
    const trouble = this.storeTrouble(call);
    if (!this.withdraw(call)) {
      for (const lane of this.lanes) if (lane.serves(call)) lane.abandon(call);
    }
    const left = await call.leftBehind();
    call.refuse(why, trouble ? { ...left, trouble } : left);
  }

  /** Set while it is the store, not another holder, that keeps the caller waiting. */
  private storeTrouble(call: AcquireCall): StoreError | undefined {
    const { waitedMs } = call;
    const all = this.lanes;
    const own = this.shared
      ? this.front
      : all.find((lane) => lane.serves(call));
    const lanes = own === undefined ? all : [own];
    if (lanes.some(({ inPlace }) => inPlace)) return undefined;
    const trouble = lanes.find((lane) => lane.trouble)?.trouble;
    // Time in our own queues is ours: etcd is blamed for what it has had to answer. A try does not
    // stand in them.
    const silentMs = isTry(call) ? waitedMs : this.context.unanswered.silentMs;
    if (trouble !== undefined) return trouble;
    if (silentMs * 2 < waitedMs) return undefined;
    return new StoreError(
      'timeout',
      'unknown',
      `it has not answered for ${Math.round(silentMs)} ms`,
    );
  }
}

function isTry({ request }: AcquireCall): boolean {
  return request.waitMs === 0;
}
