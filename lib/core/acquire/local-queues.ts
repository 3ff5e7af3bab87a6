import { LockClosedError } from '../api/errors.js';
import type { SessionState } from '../api/session-state.js';
import type { ClientContext } from '../context/client-context.js';
import { aboutCall, type AcquireRequest } from '../options/acquire-request.js';
import type { Acquisition } from '../queue/acquisition.js';
import { EntryBatch } from '../queue/entry-batch.js';
import { StrayTickets } from '../queue/stray-tickets.js';
import type { Session } from '../session/session.js';
import { SessionPool } from '../session/session-pool.js';
import { EventLoopTurns } from '../time/event-loop-turns.js';
import { withTimeout } from '../time/with-timeout.js';
import { AcquireCall } from './acquire-call.js';
import type { Hold } from './hold.js';
import { KeptLocks } from './kept-locks.js';
import { LocalQueue, type LocalQueueOwner } from './local-queue.js';

/** All queues of one client, and whoever stands in them or has come out of them with a lock. */
export class LocalQueues implements LocalQueueOwner {
  private readonly sessions: SessionPool;
  private readonly named = new Map<string, LocalQueue>();
  private readonly calls = new Set<AcquireCall>();
  private readonly holds = new Set<Hold>();
  private readonly acquisitions = new Set<Acquisition>();
  private readonly kept: KeptLocks;
  private readonly strays = new WeakMap<Session, StrayTickets>();
  private draining = false;

  constructor(
    private readonly context: ClientContext,
    maxKept: number,
  ) {
    this.kept = new KeptLocks(maxKept, new EventLoopTurns(context.clock));
    this.sessions = new SessionPool(context, (session) =>
      this.straysOf(session).renewed(),
    );
    context.history.onSetback(() => this.startAnew());
  }

  /** @throws as `LockClient.acquire` */
  take(request: AcquireRequest): Promise<Hold> {
    if (this.draining) return Promise.reject(new LockClosedError(request.key));
    const call = new AcquireCall(this.context, request);
    const queue = this.queueFor(request);
    if (request.waitMs === 0 && queue.refusesTries) {
      call.refuse('busy', {});
    } else {
      this.calls.add(call);
      call.onAnswered = () => this.calls.delete(call);
      queue.join(call);
    }
    return call.granted;
  }

  /** Takes a lock that this client keeps, without a message to etcd; undefined where that is not so. */
  takeKept(request: AcquireRequest): Hold | undefined {
    if (this.draining) return undefined;
    const hold = this.kept.take(request);
    if (hold !== undefined && this.context.observed) {
      const about = aboutCall(request);
      this.context.emit({ type: 'requested', ...about });
      this.context.emit({
        type: 'acquired',
        ...about,
        fencingToken: hold.fencingToken,
        waitedMs: 0,
        handOverMs: undefined,
        kept: true,
      });
    }
    return hold;
  }

  /** See {@link KeptLocks.turnDue}. */
  get turnDue(): Promise<void> | undefined {
    return this.kept.count > 0 ? this.kept.turnDue : undefined;
  }

  /** How many locks are kept that nobody uses. */
  get keptCount(): number {
    return this.kept.count;
  }

  /** Lets nobody in any more, and sends away those who wait. */
  drain(): void {
    this.draining = true;
    this.kept.close();
    for (const call of [...this.calls]) call.onGiveUp?.('closed');
  }

  /** Takes the locks from those who have not given them back after `graceMs`. */
  async clear(graceMs: number): Promise<void> {
    const { clock, requestTimeoutMs } = this.context;
    const holds = [...this.holds];
    const overs = Promise.all(holds.map(({ over }) => over));
    await withTimeout(clock, graceMs, overs);
    for (const hold of holds) {
      hold.lose('shutdown', 'the lock client was closed');
    }
    const outcomes = [...this.acquisitions].map(({ removed }) => removed);
    await withTimeout(clock, requestTimeoutMs, Promise.all(outcomes));
  }

  /**
   * The store has gone back. What was known of its queues may never have happened, and tickets that
   * were removed may stand again.
   */
  private startAnew(): void {
    for (const acquisition of this.acquisitions) acquisition.startAnew();
    for (const session of this.sessions.sessions) {
      session.retire();
      void this.straysOf(session).remove();
    }
    this.kept.giveUpAll('lost');
  }

  private straysOf(session: Session): StrayTickets {
    let strays = this.strays.get(session);
    if (strays === undefined) {
      strays = new StrayTickets(this.context, session);
      this.strays.set(session, strays);
    }
    return strays;
  }

  get drained(): boolean {
    return this.draining;
  }

  sessionStates(): readonly SessionState[] {
    return this.sessions.sessions.flatMap(({ state }) => state ?? []);
  }

  endSessions(): Promise<void> {
    return this.sessions.end();
  }

  /** Callers queue together who want the same keys, on the same terms. */
  private queueFor({
    lockMode,
    dedicatedLease,
    ttlMs,
    prefixes,
  }: AcquireRequest): LocalQueue {
    const permits = lockMode.mode === 'permits' ? lockMode.permits : '';
    const lease = dedicatedLease ? 'dedicated' : 'shared';
    const sorted = [...prefixes].sort();
    const name = [ttlMs, lease, lockMode.mode, permits, ...sorted].join(' ');
    let queue = this.named.get(name);
    if (queue === undefined) {
      const side = lockMode.mode === 'permits' && prefixes.length === 1;
      queue = new LocalQueue(this.context, name, {
        prefixes: sorted,
        lockMode,
        sessions: dedicatedLease
          ? this.sessions.dedicatedFor(ttlMs)
          : this.sessions.sharedFor(ttlMs),
        owner: this,
        ttlMs,
        kept: this.kept,
        batch: side
          ? new EntryBatch(this.context, prefixes[0]!, lockMode)
          : undefined,
      });
      this.named.set(name, queue);
    }
    return queue;
  }

  holdBegins(hold: Hold): void {
    this.holds.add(hold);
  }

  holdEnds(hold: Hold): void {
    this.holds.delete(hold);
  }

  acquisitionBegins(acquisition: Acquisition): void {
    this.acquisitions.add(acquisition);
  }

  acquisitionEnds(acquisition: Acquisition): void {
    this.acquisitions.delete(acquisition);
  }

  idle(queue: LocalQueue): void {
    this.named.delete(queue.name);
  }
}
