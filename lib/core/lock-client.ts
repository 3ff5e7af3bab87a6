import { hostname } from 'node:os';
import {
  type AcquireRequest,
  acquireRequest,
  ttlMilliseconds,
} from './acquire-request.js';
import type { Bid } from './bid.js';
import { checkedStore } from './checked-store.js';
import { Claim } from './claim.js';
import { type Clock, systemClock } from './clock.js';
import { type Duration, milliseconds } from './duration.js';
import {
  isLockError,
  LockClosedError,
  LockConfigurationError,
  LockStoreError,
} from './errors.js';
import { GroupCommit } from './group-commit.js';
import type { Hold } from './hold.js';
import { Inspection } from './inspection.js';
import { checkedKeys, encodeKey } from './key.js';
import { Line } from './line.js';
import type {
  AcquireOptions,
  Lock,
  LockKey,
  TryAcquireOptions,
} from './lock.js';
import { reenter, runHolding } from './lock-context.js';
import { LockHandle } from './lock-handle.js';
import type { LockListener } from './lock-events.js';
import type { LockState } from './lock-state.js';
import { type LockStore, StoreError } from './lock-store.js';
import type { Runtime } from './runtime.js';
import { SessionPool } from './session-pool.js';
import { WatchHub } from './watch-hub.js';

const LONGEST_REQUEST_MS = 5000;

export interface LockClientOptions {
  readonly store: LockStore;

  /**
   * Put before every key in etcd. Clients with different namespaces do not see each other, unless
   * one namespace begins with the other (`a/` and `a/b/`).
   *
   * @default 'locks/'
   */
  readonly namespace?: string;

  /** See {@link TryAcquireOptions.ttl}. @default 15 s */
  readonly ttl?: Duration;

  /** See {@link AcquireOptions.waitTimeout}. @default 10 s */
  readonly waitTimeout?: Duration;

  /** Shown by `inspect` beside host and process id. @default '' */
  readonly instance?: string;

  readonly clock?: Clock;

  /** Spreads retries; between 0 and 1. @default Math.random */
  readonly random?: () => number;
}

/**
 * Takes and gives back locks that hold between processes. Usable without Nest.
 *
 * @example
 * const locks = new LockClient({ store: new EtcdStore({ hosts: 'http://127.0.0.1:2379' }) });
 * await locks.withLock('report', async (lock) => {
 *   await publish(report, { signal: lock.signal, fence: lock.fencingToken });
 * });
 */
export class LockClient {
  private readonly runtime: Runtime;
  private readonly sessions: SessionPool;
  private readonly inspection: Inspection;
  private readonly defaults;
  private readonly listeners = new Set<LockListener>();
  private readonly lines = new Map<string, Line>();
  private readonly claims = new Set<Claim>();
  private readonly holds = new Set<Hold>();
  private readonly bids = new Set<Bid>();
  private draining = false;
  private closing: Promise<void> | undefined;

  /** @throws {LockConfigurationError} naming the option; nothing is connected */
  constructor(options: LockClientOptions) {
    const { clock = systemClock, random = Math.random } = options;
    const store = checkedStore(options.store);
    const ttlMs = ttlMilliseconds(options.ttl ?? '15s');
    const requestTimeoutMs = Math.min(LONGEST_REQUEST_MS, ttlMs * 0.3);
    this.defaults = {
      ttlMs,
      waitMs: milliseconds('waitTimeout', options.waitTimeout ?? '10s'),
      requestTimeoutMs,
    };
    this.runtime = {
      store,
      clock,
      random,
      requestTimeoutMs,
      namespace: checkedNamespace(options.namespace ?? 'locks/'),
      owner: {
        host: hostname(),
        pid: process.pid,
        instance: options.instance ?? '',
      },
      commits: new GroupCommit(store, requestTimeoutMs),
      watches: new WatchHub(store, clock, random),
      emit: (event) => this.emit({ ...event, at: clock.now().wall }),
    };
    this.sessions = new SessionPool(this.runtime);
    this.inspection = new Inspection(this.runtime);
  }

  /**
   * Waits for the lock and takes it. Waiters of all processes are served in the order in which
   * etcd saw them. Code that already holds the key, in a {@link withLock} around it, is given a
   * further handle on the same lock at once.
   *
   * @throws {LockTimeoutError} after `waitTimeout`; the place in the queue is gone
   * @throws {LockBusyError} with `waitTimeout: 0`, when somebody else holds it
   * @throws {LockConflictError} when the key is used in a contradictory way
   * @throws {LockStoreError} when etcd refuses, or does not answer within `waitTimeout`
   * @throws {LockClosedError} when the client is shutting down
   * @throws the reason of `signal` when that aborts first
   */
  async acquire(key: LockKey, options: AcquireOptions = {}): Promise<Lock> {
    return this.take(acquireRequest(key, options, this.defaults));
  }

  /**
   * Takes the lock if nobody has it or waits for it, and resolves to `null` otherwise. Writes
   * nothing to etcd in that case.
   *
   * @throws as {@link acquire}, but never for a lock that is busy
   */
  async tryAcquire(
    key: LockKey,
    options: TryAcquireOptions = {},
  ): Promise<Lock | null> {
    try {
      return await this.acquire(key, { ...options, waitTimeout: 0 });
    } catch (error) {
      if (isLockError(error, 'LOCK_BUSY')) return null;
      throw error;
    }
  }

  /**
   * Runs `work` while holding the lock and releases it afterwards. Within `work` the lock is
   * re-entrant.
   *
   * Resolves to what `work` returned only if the lock stood in etcd until `work` had ended. Errors
   * of `work` pass through untouched.
   *
   * @throws {LockLostError} as soon as the lock is lost, though `work` may still be running
   * @throws as {@link acquire}
   */
  withLock<T>(key: LockKey, work: (lock: Lock) => T | Promise<T>): Promise<T>;
  withLock<T>(
    key: LockKey,
    options: AcquireOptions,
    work: (lock: Lock) => T | Promise<T>,
  ): Promise<T>;
  async withLock<T>(
    key: LockKey,
    ...rest:
      | [work: (lock: Lock) => T | Promise<T>]
      | [options: AcquireOptions, work: (lock: Lock) => T | Promise<T>]
  ): Promise<T> {
    const [options, work] = rest.length === 1 ? [{}, rest[0]] : rest;
    if (typeof work !== 'function') {
      throw new LockConfigurationError(
        `withLock runs a function while it holds the lock, got ${typeof work}.`,
      );
    }
    const handle = await this.take(acquireRequest(key, options, this.defaults));
    const working = runHolding(this, handle, async () => work(handle));
    try {
      const result = await untilLost(working, handle.signal);
      const lost = await handle.giveBack();
      if (lost !== undefined) throw lost;
      return result;
    } finally {
      await handle.release();
    }
  }

  /** Who holds the lock and who waits for it, at one revision of etcd. */
  async inspect(key: string): Promise<LockState> {
    return this.inspection.inspect(key, this.etcdName(key));
  }

  /** Every lock of the namespace that somebody holds or waits for. */
  async list(): Promise<readonly LockState[]> {
    return this.inspection.list();
  }

  /**
   * Takes the lock away from whoever holds it now, and resolves to the number of tickets deleted.
   * The holder is told; what it does until then nobody can stop. The next waiter is admitted.
   */
  async forceRelease(key: string): Promise<number> {
    return this.inspection.forceRelease(key, this.etcdName(key));
  }

  /** What `etcdctl get --prefix` needs to show the queue of a key. */
  etcdName(key: string): string {
    return `${this.runtime.namespace}${encodeKey(checkedKeys(key)[0]!)}/`;
  }

  /** Calls `listener` for every event of this client. What it throws is ignored. */
  subscribe(listener: LockListener): () => void {
    const own: LockListener = (event) => listener(event);
    this.listeners.add(own);
    return () => this.listeners.delete(own);
  }

  /** @throws {LockStoreError} unless a quorum of etcd answers */
  async ping(): Promise<void> {
    const { store, namespace, requestTimeoutMs: timeoutMs } = this.runtime;
    try {
      await store.read(
        { kind: 'range', range: { key: namespace } },
        { timeoutMs },
      );
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      throw LockStoreError.from('', error);
    }
  }

  /** Refuses new work and rejects waiters with `LockClosedError`. Holders go on. */
  drain(): void {
    this.draining = true;
    for (const claim of [...this.claims]) claim.onDeparting?.('closed');
  }

  /**
   * Waits up to `grace` until the holders have released, takes their locks from those that have
   * not, and resolves when etcd has confirmed that the tickets are gone, or after a request's
   * time if it does not answer.
   */
  async releaseAll(grace: Duration = 0): Promise<void> {
    const holds = [...this.holds];
    const overs = Promise.all(holds.map(({ over }) => over));
    await this.within(milliseconds('grace', grace), overs);
    for (const hold of holds)
      hold.lose('shutdown', 'the lock client was closed');
    const departures = [...this.bids].map(({ departed }) => departed);
    await this.within(this.runtime.requestTimeoutMs, Promise.all(departures));
  }

  /**
   * Drains, releases what is held, and ends the leases. The store stays open: it is the caller's.
   * Further calls return the same promise.
   */
  close(): Promise<void> {
    this.closing ??= this.shutDown();
    return this.closing;
  }

  private async shutDown(): Promise<void> {
    this.drain();
    await this.releaseAll();
    await this.sessions.end();
    this.runtime.watches.close();
  }

  private async take(request: AcquireRequest): Promise<LockHandle> {
    const nested = reenter(this, request);
    if (nested !== undefined) return nested;
    request.signal?.throwIfAborted();
    if (this.draining) throw new LockClosedError(request.key);
    const claim = new Claim(this.runtime, request);
    const line = this.lineFor(request);
    if (request.waitMs === 0 && line.busy) {
      claim.refuse('busy', true);
    } else {
      this.claims.add(claim);
      line.join(claim);
    }
    try {
      return new LockHandle(await claim.granted);
    } finally {
      this.claims.delete(claim);
    }
  }

  /** Only one exclusive key has a common line: everybody else queues in etcd alone. */
  private lineFor(request: AcquireRequest): Line {
    const prefixes = request.keys.map((key) => this.etcdName(key));
    const { admission, dedicatedLease, ttlMs } = request;
    if (dedicatedLease) {
      return this.newLine(request, prefixes, this.sessions.dedicatedFor(ttlMs));
    }
    const sessions = this.sessions.sharedFor(ttlMs);
    if (admission.mode !== 'exclusive' || prefixes.length > 1) {
      return this.newLine(request, prefixes, sessions);
    }
    const name = `${ttlMs} ${prefixes[0]}`;
    let line = this.lines.get(name);
    if (line === undefined) {
      line = this.newLine(request, prefixes, sessions, () =>
        this.lines.delete(name),
      );
      this.lines.set(name, line);
    }
    return line;
  }

  private newLine(
    { admission }: AcquireRequest,
    prefixes: readonly string[],
    sessions: ConstructorParameters<typeof Line>[1]['sessions'],
    onIdle = () => {},
  ): Line {
    return new Line(this.runtime, {
      prefixes,
      admission,
      sessions,
      onIdle,
      onHold: (hold) => {
        this.holds.add(hold);
        void hold.over.then(() => this.holds.delete(hold));
      },
      onBid: (bid) => {
        this.bids.add(bid);
        void bid.departed.then(() => this.bids.delete(bid));
      },
    });
  }

  private emit(event: Parameters<LockListener>[0]): void {
    for (const listener of [...this.listeners]) {
      try {
        listener(event);
      } catch {
        // An observer must not be able to disturb a lock.
      }
    }
  }

  private within(ms: number, work: Promise<unknown>): Promise<void> {
    return new Promise((resolve) => {
      const cancel = this.runtime.clock.setTimer(ms, resolve, {
        keepAlive: true,
      });
      void work.then(() => {
        cancel();
        resolve();
      });
    });
  }
}

/** Follows `work`, but not beyond the loss of the lock. Its later fate is nobody's concern. */
function untilLost<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const onLost = () => reject(signal.reason as Error);
    signal.addEventListener('abort', onLost, { once: true });
    void work.then(resolve, reject).finally(() => {
      signal.removeEventListener('abort', onLost);
    });
    if (signal.aborted) onLost();
  });
}

function checkedNamespace(namespace: string): string {
  if (typeof namespace === 'string' && /^[\x21-\x7e]+$/.test(namespace)) {
    return namespace.endsWith('/') ? namespace : `${namespace}/`;
  }
  throw new LockConfigurationError(
    `Option "namespace" must be printable ASCII without blanks, got ${JSON.stringify(namespace)}.`,
  );
}
