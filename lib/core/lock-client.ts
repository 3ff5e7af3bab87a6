import { hostname } from 'node:os';
import {
  type AcquireRequest,
  acquireRequest,
  ACQUIRE_OPTION_NAMES,
  ttlMilliseconds,
} from './acquire-request.js';
import { checkedStore } from './checked-store.js';
import { systemClock } from './clock.js';
import { type Duration, milliseconds } from './duration.js';
import {
  isLockError,
  LockConfigurationError,
  LockStoreError,
} from './errors.js';
import { GroupCommit } from './group-commit.js';
import { Inspection } from './inspection.js';
import { checkedKey, encodeKey } from './key.js';
import { checkKnownOptions } from './known-options.js';
import { Lines } from './lines.js';
import type {
  AcquireOptions,
  Lock,
  LockKey,
  TryAcquireOptions,
} from './lock.js';
import { reenter, runHolding } from './lock-context.js';
import {
  checkedInstance,
  checkedNamespace,
  LOCK_CLIENT_OPTION_NAMES,
  type LockClientOptions,
} from './lock-client-options.js';
import { LockHandle } from './lock-handle.js';
import type { LockListener } from './lock-events.js';
import type { LockState } from './lock-state.js';
import { StoreError } from './lock-store.js';
import { Observers } from './observers.js';
import { systemRandom } from './random.js';
import type { Runtime } from './runtime.js';
import { signatureOf } from './ticket.js';
import { untilLost } from './until-lost.js';
import { WatchHub } from './watch-hub.js';

const LONGEST_REQUEST_MS = 5000;

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
  private readonly lines: Lines;
  private readonly inspection: Inspection;
  private readonly defaults;
  private readonly observers = new Observers();
  private closing: Promise<void> | undefined;

  /** @throws {LockConfigurationError} naming the option; nothing is connected */
  constructor(options: LockClientOptions) {
    checkKnownOptions(options, LOCK_CLIENT_OPTION_NAMES);
    const {
      clock = systemClock,
      random = systemRandom,
      ttl = '15s',
      waitTimeout = '10s',
      namespace = 'locks/',
    } = options;
    const store = checkedStore(options.store);
    const ttlMs = ttlMilliseconds(ttl);
    const requestTimeoutMs = Math.min(LONGEST_REQUEST_MS, ttlMs * 0.3);
    this.defaults = {
      ttlMs,
      waitMs: milliseconds('waitTimeout', waitTimeout),
      requestTimeoutMs,
    };
    this.runtime = {
      store,
      clock,
      random,
      requestTimeoutMs,
      namespace: checkedNamespace(namespace),
      signature: signatureOf({
        host: hostname(),
        pid: process.pid,
        instance: checkedInstance(options.instance),
      }),
      commits: new GroupCommit(store, requestTimeoutMs),
      watches: new WatchHub(store, clock, random),
      emit: (event) => {
        if (this.observers.present)
          this.observers.tell({ ...event, at: clock.now().wall });
      },
    };
    this.lines = new Lines(this.runtime);
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
   * @throws as {@link acquire}, but never for a lock that is busy. Where etcd does not answer,
   * `LockStoreError` comes after 30 % of the `ttl`, at most 5 s.
   */
  async tryAcquire(
    key: LockKey,
    options: TryAcquireOptions = {},
  ): Promise<Lock | null> {
    try {
      checkKnownOptions(options, ACQUIRE_OPTION_NAMES);
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
    options: AcquireOptions | undefined,
    work: (lock: Lock) => T | Promise<T>,
  ): Promise<T>;
  async withLock<T>(
    key: LockKey,
    ...rest:
      | [work: (lock: Lock) => T | Promise<T>]
      | [
          options: AcquireOptions | undefined,
          work: (lock: Lock) => T | Promise<T>,
        ]
  ): Promise<T> {
    const [options = {}, work] = rest.length === 1 ? [{}, rest[0]] : rest;
    if (typeof work !== 'function') {
      throw new LockConfigurationError(
        `withLock runs a function while it holds the lock, got ${typeof work}.`,
      );
    }
    const handle = await this.take(acquireRequest(key, options, this.defaults));
    const working = runHolding(this, handle, async () => work(handle));
    try {
      const result = await untilLost(working, handle.hold);
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
    return `${this.runtime.namespace}${encodeKey(checkedKey(key))}/`;
  }

  /** Calls `listener` for every event of this client. What it throws is ignored. */
  subscribe(listener: LockListener): () => void {
    return this.observers.add(listener);
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
    this.lines.drain();
  }

  /**
   * Waits up to `grace` until the holders have released, takes their locks from those that have
   * not, and resolves when etcd has confirmed that the tickets are gone, or after a request's
   * time if it does not answer.
   */
  async releaseAll(grace: Duration = 0): Promise<void> {
    await this.lines.clear(milliseconds('grace', grace));
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
    await this.lines.endSessions();
    this.runtime.watches.close();
  }

  private async take(request: AcquireRequest): Promise<LockHandle> {
    const nested = reenter(this, request);
    if (nested !== undefined) return nested;
    const prefixes = request.keys.map((key) => this.etcdName(key));
    return new LockHandle(await this.lines.take(request, prefixes));
  }
}
