import type { AcquireRequest } from '../options/acquire-request.js';
import type { Acquisition } from '../queue/acquisition.js';
import { AcquireCall } from './acquire-call.js';
import { LockClosedError } from '../api/errors.js';
import type { Hold } from './hold.js';
import { LocalQueue, type LocalQueueOwner } from './local-queue.js';
import type { ClientContext } from '../context/client-context.js';
import { SessionPool, type SessionSource } from '../session/session-pool.js';
import type { SessionState } from '../api/session-state.js';
import { withTimeout } from '../time/with-timeout.js';

/** All queues of one client, and whoever stands in them or has come out of them with a lock. */
export class LocalQueues implements LocalQueueOwner {
  private readonly sessions: SessionPool;
  private readonly common = new Map<string, LocalQueue>();
  private readonly calls = new Set<AcquireCall>();
  private readonly holds = new Set<Hold>();
  private readonly acquisitions = new Set<Acquisition>();
  private draining = false;

  constructor(private readonly context: ClientContext) {
    this.sessions = new SessionPool(context);
  }

  /** @throws as `LockClient.acquire` */
  take(request: AcquireRequest, prefixes: readonly string[]): Promise<Hold> {
    if (this.draining) return Promise.reject(new LockClosedError(request.key));
    const call = new AcquireCall(this.context, request);
    const queue = this.queueFor(request, prefixes);
    if (request.waitMs === 0 && queue.busy) {
      call.refuse('busy', true);
    } else {
      this.calls.add(call);
      call.onAnswered = () => this.calls.delete(call);
      queue.join(call);
    }
    return call.granted;
  }

  /** Lets nobody in any more, and sends away those who wait. */
  drain(): void {
    this.draining = true;
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

  get drained(): boolean {
    return this.draining;
  }

  sessionStates(): readonly SessionState[] {
    return this.sessions.sessions.flatMap(({ state }) => state ?? []);
  }

  endSessions(): Promise<void> {
    return this.sessions.end();
  }

  /** Only one exclusive key has a common queue: everybody else queues in etcd alone. */
  private queueFor(
    request: AcquireRequest,
    prefixes: readonly string[],
  ): LocalQueue {
    const { lockMode, dedicatedLease, ttlMs } = request;
    if (dedicatedLease) {
      return this.newQueue(
        request,
        prefixes,
        this.sessions.dedicatedFor(ttlMs),
      );
    }
    const sessions = this.sessions.sharedFor(ttlMs);
    if (lockMode.mode !== 'exclusive' || prefixes.length > 1) {
      return this.newQueue(request, prefixes, sessions);
    }
    const name = `${ttlMs} ${prefixes[0]}`;
    let queue = this.common.get(name);
    if (queue === undefined) {
      queue = this.newQueue(request, prefixes, sessions, name);
      this.common.set(name, queue);
    }
    return queue;
  }

  private newQueue(
    { lockMode }: AcquireRequest,
    prefixes: readonly string[],
    sessions: SessionSource,
    commonName?: string,
  ): LocalQueue {
    return new LocalQueue(this.context, {
      prefixes,
      lockMode: lockMode,
      sessions,
      commonName,
      owner: this,
    });
  }

  holdBegins(hold: Hold): void {
    this.holds.add(hold);
  }

  holdEnds(hold: Hold): void {
    this.holds.delete(hold);
  }

  acquisitionBegins(acquisition: Acquisition): void {
    this.acquisitions.add(acquisition);
    void acquisition.removed.then(() => this.acquisitions.delete(acquisition));
  }

  idle({ commonName }: LocalQueue): void {
    if (commonName !== undefined) this.common.delete(commonName);
  }
}
