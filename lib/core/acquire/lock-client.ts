import {
  type AcquireDefaults,
  acquireRequest,
  aboutCall,
  traceText,
} from '../options/acquire-request.js';
import { translateStoreErrors } from '../api/errors.js';
import { createClientContext } from './create-client-context.js';
import type { Duration } from '../api/lock.js';
import { milliseconds } from '../options/duration.js';
import { isLockError, LockConfigurationError } from '../api/errors.js';
import { Inspection } from '../inspect/inspection.js';
import { encodedKey } from '../options/key.js';
import { LocalQueues } from './local-queues.js';
import type {
  AcquireOptions,
  Lock,
  LockKey,
  TryAcquireOptions,
} from '../api/lock.js';
import { reenter, runHolding } from './lock-context.js';
import type { LockClientOptions } from '../options/lock-client-options.js';
import { LockHandle } from './lock-handle.js';
import type { LockListener, UntimedLockEvent } from '../api/lock-events.js';
import type { LockWatcher } from '../api/lock-state.js';
import type { LockState, TicketState } from '../api/lock-state.js';
import { Observers } from '../context/observers.js';
import { checkedCallback } from '../options/callbacks.js';
import { ignoringErrors } from '../options/ignoring-errors.js';
import type { ClientContext } from '../context/client-context.js';
import type { SessionState } from '../api/session-state.js';
import { type Hold, untilLost } from './hold.js';
import { AbandonedHandles } from './abandoned-handles.js';
import { showCaller } from '../api/errors.js';

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
  private readonly context: ClientContext;
  private readonly queues: LocalQueues;
  private readonly inspection: Inspection;
  private readonly abandoned: AbandonedHandles;
  private readonly defaults: AcquireDefaults;
  private readonly observers = new Observers();
  private closing: Promise<void> | undefined;
  private calls = 0;
  private traceOf: (call: number) => string | undefined = () => undefined;

  /** @throws {LockConfigurationError} naming the option; nothing is connected */
  constructor(options: LockClientOptions) {
    const { context, defaults, maxKept } = createClientContext(options, {
      tell: (event) => this.observers.tell(event),
      observed: () => this.observers.present,
      traceOf: (call) => traceText(ignoringErrors(() => this.traceOf(call))),
    });
    this.context = context;
    this.defaults = defaults;
    this.queues = new LocalQueues(this.context, maxKept);
    this.inspection = new Inspection(this.context);
    this.abandoned = new AbandonedHandles(context.clock, (hold) =>
      this.tellAbandoned(hold),
    );
  }

  /**
   * Waits for the lock and takes it. Waiters of all processes are served in the order in which
   * etcd saw them. Code that already holds the key, in a {@link withLock} around it, is given a
   * further handle on the same lock at once.
   *
   * @throws {LockConfigurationError} for a key or an option that cannot be; nothing was sent
   * @throws {LockTimeoutError} after `waitTimeout`; the place in the queue is gone
   * @throws {LockBusyError} with `waitTimeout: 0`, when somebody else holds it
   * @throws {LockConflictError} when the key is used in a contradictory way
   * @throws {LockStoreError} when etcd refuses, or does not answer within `waitTimeout`; the lock
   * is not held
   * @throws {LockClosedError} when the client or its application is shutting down
   * @throws the reason of `signal`, unchanged, when that aborts first
   *
   * @example
   * await using lock = await locks.acquire('report', { waitTimeout: '2s' });
   */
  async acquire(key: LockKey, options: AcquireOptions = {}): Promise<Lock> {
    const handle = await this.take(key, options);
    this.abandoned.watch(handle);
    return handle;
  }

  /**
   * Takes the lock if nobody has it or waits for it, and resolves to `null` otherwise, at once or
   * after the `waitTimeout` that it was given. Without one, it writes nothing to etcd in that case.
   *
   * @throws as {@link acquire}, but never for a lock that is busy. Where etcd does not answer,
   * `LockStoreError` comes after 30 % of the `ttl`, at most 5 s.
   */
  async tryAcquire(
    key: LockKey,
    options: TryAcquireOptions = {},
  ): Promise<Lock | null> {
    try {
      const handle = await this.take(key, options, 0);
      this.abandoned.watch(handle);
      return handle;
    } catch (error) {
      if (isLockError(error, 'LOCK_BUSY')) return null;
      if (isLockError(error, 'LOCK_TIMEOUT')) return null;
      throw error;
    }
  }

  /**
   * Runs `work` while holding the lock and releases it afterwards. Within `work` the lock is
   * re-entrant.
   *
   * Resolves to what `work` returned only if the lock stood in etcd until `work` had ended. Errors
   * of `work` pass through untouched, also when the release fails.
   *
   * @throws what `work` throws
   * @throws {LockLostError} as soon as the lock is lost, though `work` may still be running
   * @throws as {@link acquire}, before `work` has started
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
    const handle = await this.take(key, options);
    let result: T;
    try {
      // The process may have stood still since the lock was given to it.
      handle.assertHeld();
      const working = runHolding(this, handle, () => work(handle));
      result = await untilLost(working, handle.hold);
    } catch (error) {
      await handle.giveBack();
      throw error;
    }
    const lost = await handle.giveBack();
    if (lost !== undefined) throw lost;
    return result;
  }

  /**
   * Whether somebody holds the lock, of whatever process, as etcd knows it now. It may be over when
   * the answer arrives: to act on it, take the lock.
   *
   * @throws {LockConfigurationError} for a key that cannot be
   * @throws {LockStoreError} when etcd fails
   */
  async isLocked(key: string): Promise<boolean> {
    return (await this.inspect(key)).holders.length > 0;
  }

  /**
   * Who holds the lock and who waits for it, of whatever process, at one revision of etcd; in the
   * order in which they are served.
   *
   * @throws {LockConfigurationError} for a key that cannot be
   * @throws {LockStoreError} when etcd fails
   */
  async inspect(key: string): Promise<LockState> {
    return this.inspection.inspect(key, this.etcdName(key));
  }

  /**
   * Every lock of the namespace that somebody holds or waits for. Long lists are read in pieces,
   * each at a revision of its own.
   *
   * @throws {LockStoreError} also when there are more than 100,000 tickets
   */
  async list(): Promise<readonly LockState[]> {
    return this.inspection.list();
  }

  /**
   * Takes the lock away from its holders, and resolves to the number of tickets deleted: those of
   * `seen`, as `inspect` has shown them, and of nobody who came after them, or of whoever holds it
   * now. The holder is told, through its `signal`; work that ignores it goes on: use it when you
   * know that the holder is stuck or gone. The next waiter is admitted.
   *
   * @throws {LockConfigurationError} for a key that cannot be, and for a `seen` that is no list of
   * tickets of this lock; nothing is deleted
   * @throws {LockStoreError} when etcd fails; with `outcome: 'unknown'` it may have been done
   */
  async forceRelease(
    key: string,
    seen?: readonly TicketState[],
  ): Promise<number> {
    return this.inspection.forceRelease(key, this.etcdName(key), seen);
  }

  /**
   * Tells `watcher` of all locks, or of one `key`, and of each change from then on, by one watch
   * of its own. The returned function ends it, as does {@link close}. The tickets it is shown are
   * frozen, for others are shown them too.
   *
   * @throws {LockConfigurationError} for a watcher without its three methods, and for a bad key
   */
  follow(
    watcher: LockWatcher,
    { key }: { readonly key?: string } = {},
  ): () => void {
    for (const name of ['snapshot', 'changed', 'interrupted'] as const) {
      const given = watcher as Partial<LockWatcher> | undefined;
      checkedCallback(`"${name}" of a watcher`, given?.[name]);
    }
    const prefix = key === undefined ? undefined : this.etcdName(key);
    return this.inspection.follow(watcher, prefix);
  }

  /**
   * About how many milliseconds a ticket's lease lasts if nobody renews it; 0 when it is gone.
   * For people who look: it is never a reason to believe that a lock is held, or free.
   */
  async timeLeft(lease: string): Promise<number> {
    return this.inspection.timeLeft(lease);
  }

  /** The prefix of the key's tickets in etcd, for `etcdctl get --prefix`. */
  etcdName(key: string): string {
    return `${this.context.namespace}${encodedKey(key)}/`;
  }

  /**
   * Calls `listener` for every event of this client, which it cannot rewrite: it is frozen. What it
   * throws or rejects with is ignored. An `error` of an event is the very one that its caller gets.
   *
   * @throws {LockConfigurationError} for what is no function
   */
  subscribe(listener: LockListener): () => void {
    return this.observers.add(listener);
  }

  /**
   * Has tickets tell which trace they belong to. `traceOf` is called for each call of `acquire`
   * and the like, within it, after `requested`; what it returns stands in etcd, for all to see.
   * What it throws or rejects with is ignored, as is what is no text or longer than 512 characters.
   *
   * @throws {LockConfigurationError} for what is no function
   */
  traceWith(traceOf: (call: number) => string | undefined): void {
    this.traceOf = checkedCallback('What tells of a trace', traceOf);
  }

  /** @internal Tells the observers something that only the caller knows. */
  report(event: UntimedLockEvent): void {
    this.context.emit(event);
  }

  /** The leases behind the locks that are held or waited for, and those kept for the next ones. */
  sessions(): readonly SessionState[] {
    return this.queues.sessionStates();
  }

  /** How many locks it keeps just now that nobody uses: see `keep` of a call. */
  get keptCount(): number {
    return this.queues.keptCount;
  }

  /**
   * @throws {LockStoreError} unless a quorum of etcd answers within `timeout`, by default 30 % of
   * the `ttl`, at most 5 s
   */
  async ping({ timeout }: { readonly timeout?: Duration } = {}): Promise<void> {
    const { store, namespace, requestTimeoutMs } = this.context;
    const timeoutMs = milliseconds('timeout', timeout ?? requestTimeoutMs);
    const range = { key: namespace };
    await translateStoreErrors('', () =>
      store.read({ kind: 'range', range }, { timeoutMs }),
    );
  }

  /** Refuses new work and rejects waiters with `LockClosedError`. Holders go on. */
  drain(): void {
    this.queues.drain();
  }

  /** Whether it refuses new work, for it closes or is closed. */
  get drained(): boolean {
    return this.queues.drained;
  }

  /**
   * Waits up to `grace` until the holders have released, takes their locks from those that have
   * not, and resolves when etcd has confirmed that the tickets are gone, or after a request's
   * time if it does not answer.
   */
  async releaseAll(grace: Duration = 0): Promise<void> {
    await this.queues.clear(milliseconds('grace', grace));
  }

  /**
   * Drains, releases what is held, and ends the leases. The store stays open: it is the caller's.
   * Further calls return the same promise.
   */
  close(): Promise<void> {
    this.closing ??= this.shutDown();
    return this.closing;
  }

  /** {@link close}, for `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  private tellAbandoned({ terms }: Hold): void {
    this.context.emit({ type: 'abandoned', ...aboutCall(terms) });
    process.emitWarning(
      `Lock "${terms.key}" is held, but its handle was dropped without a release: it stays taken for as long as this process lives. Keep the handle, or use withLock.`,
      { type: 'LockWarning', code: 'LOCK_ABANDONED' },
    );
  }

  private async shutDown(): Promise<void> {
    this.drain();
    this.inspection.end();
    this.abandoned.end();
    await this.releaseAll();
    await this.queues.endSessions();
    this.context.history.end();
    this.context.watches.close();
  }

  private async take(
    key: LockKey,
    options: AcquireOptions,
    waitMsByDefault?: number,
  ): Promise<LockHandle> {
    this.calls += 1;
    const request = acquireRequest(
      key,
      options,
      this.defaults,
      this.calls,
      waitMsByDefault,
    );
    const nested = reenter(this, request);
    if (nested !== undefined) return nested;
    const turn = this.queues.turnDue;
    if (turn !== undefined) await turn;
    if (request.signal?.aborted) throw request.signal.reason;
    try {
      const kept = this.queues.takeKept(request);
      return new LockHandle(kept ?? (await this.queues.take(request)));
    } catch (error) {
      showCaller(error);
      throw error;
    }
  }
}
