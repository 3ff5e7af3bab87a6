import { inspect } from 'node:util';
import type {
  AttachedKeys,
  CallOptions,
  GrantedLease,
  KeyRange,
  LeaseId,
  LockStore,
  RangeOperation,
  RangeReply,
  Revision,
  Transaction,
  TransactionReply,
  Watch,
  WatchListener,
  WatchOptions,
} from '../core/index.js';
import { StoreError } from '../core/index.js';
import type { ClusterSurvey } from './cluster-survey.js';
import type { Connections } from './connections.js';
import {
  checkedClient,
  checkedHosts,
  type EtcdStoreOptions,
} from './etcd-store-options.js';
import { SharedClient } from './etcd3/shared-client.js';
import { deadlineIn, timeLeft } from './deadline.js';
import { HostRotation } from './http2/host-rotation.js';
import { KeepAliveStream } from './keep-alive-stream.js';
import { ProcessHold } from './process-hold.js';
import { closedError } from './store-error.js';
import { Surveyor } from './surveyor.js';
import { UnaryCalls } from './unary-calls.js';
import { Watches } from './watches.js';
import {
  LEASE_GRANT,
  LEASE_REVOKE,
  LEASE_TIME_TO_LIVE,
  RANGE,
  type Renewal,
  TXN,
} from './wire/index.js';

/**
 * The store port on etcd 3.4 or later.
 *
 * The constructor connects to nothing; the first call does. A call that etcd may have acted on is
 * never repeated. One that surely was not, and every read, goes on to the next host; it fails for
 * want of a host when all were asked, and says what each of them did.
 *
 * A process stays for a call that is under way and for a watch, and for nothing else of a store:
 * neither an open connection nor a lease that is kept alive holds it. A `client` of yours is your
 * own to close.
 *
 * @throws {LockConfigurationError} from the constructor, for options that cannot work.
 *
 * @example
 * await using store = new EtcdStore({ hosts: 'http://127.0.0.1:2379' });
 * const locks = new LockClient({ store });
 * // …
 * await locks.close();
 */
export class EtcdStore implements LockStore, AsyncDisposable {
  // Private to the engine, so that nothing that prints or serialises a store shows a password.
  readonly #connections: Connections;
  readonly #hosts: readonly string[] | undefined;
  readonly #hold = new ProcessHold();
  readonly #calls: UnaryCalls;
  readonly #watches: Watches;
  readonly #surveyors = new Set<Surveyor>();
  #keepAlives: KeepAliveStream | undefined;
  #closed = false;

  constructor(options: EtcdStoreOptions) {
    if (options?.client) {
      this.#connections = new SharedClient(checkedClient(options));
    } else {
      const { addresses, tls, user } = checkedHosts(options);
      this.#connections = new HostRotation(addresses, tls, user);
      this.#hosts = addresses.map(({ given }) => given);
    }
    this.#calls = new UnaryCalls(this.#connections, this.#hold);
    this.#watches = new Watches(this.#connections, this.#hold);
  }

  async grantLease(
    ttlSeconds: number,
    { timeoutMs }: CallOptions,
  ): Promise<GrantedLease> {
    const request = { ttlSeconds };
    const { id, ttlMs } = await this.#calls.call(
      LEASE_GRANT,
      request,
      timeoutMs,
    );
    return { id, ttlMs };
  }

  async keepAlive(
    lease: LeaseId,
    { timeoutMs, answeredAt }: Parameters<LockStore['keepAlive']>[1],
  ): Promise<number | 'gone'> {
    const { ttlMs, revision } = await this.#renewed(lease, timeoutMs);
    answeredAt?.(revision);
    return ttlMs;
  }

  async #renewed(lease: LeaseId, timeoutMs: number): Promise<Renewal> {
    const deadline = deadlineIn(timeoutMs);
    try {
      return await this.#renew(lease, timeoutMs);
    } catch (error) {
      // The stream keeps the token that it was opened with. The next one has another.
      const outdated =
        error instanceof StoreError && error.reason === 'unauthenticated';
      if (!outdated) throw error;
      return this.#renew(lease, timeLeft(deadline));
    }
  }

  async #renew(lease: LeaseId, timeoutMs: number): Promise<Renewal> {
    if (this.#closed) throw closedError('not-applied');
    this.#keepAlives ??= new KeepAliveStream(this.#connections, (ended) => {
      if (this.#keepAlives === ended) this.#keepAlives = undefined;
    });
    return this.#keepAlives.renew(lease, timeoutMs);
  }

  async revokeLease(lease: LeaseId, { timeoutMs }: CallOptions): Promise<void> {
    try {
      await this.#calls.call(LEASE_REVOKE, lease, timeoutMs);
    } catch (error) {
      const gone =
        error instanceof StoreError && error.reason === 'lease-not-found';
      if (!gone) throw error;
    }
  }

  async timeToLive(
    lease: LeaseId,
    { timeoutMs }: CallOptions,
  ): Promise<number | 'gone'> {
    const request = { lease };
    const life = await this.#calls.call(LEASE_TIME_TO_LIVE, request, timeoutMs);
    return life.ttlMs;
  }

  async attachedKeys(
    lease: LeaseId,
    { timeoutMs }: CallOptions,
  ): Promise<AttachedKeys> {
    const { keys, revision } = await this.#calls.call(
      LEASE_TIME_TO_LIVE,
      { lease, keys: true },
      timeoutMs,
    );
    return { keys, revision };
  }

  transact(
    transaction: Transaction,
    { timeoutMs }: CallOptions,
  ): Promise<TransactionReply> {
    return this.#calls.call(TXN, transaction, timeoutMs);
  }

  read(
    operation: RangeOperation,
    { timeoutMs, stale = false }: CallOptions & { readonly stale?: boolean },
  ): Promise<RangeReply & { readonly revision: Revision }> {
    return this.#calls.call(RANGE, { operation, stale }, timeoutMs);
  }

  watch(
    range: KeyRange,
    listener: WatchListener,
    options: WatchOptions = {},
  ): Watch {
    return this.#watches.watch(range, listener, options);
  }

  /**
   * Asks every host what it is, and one of them for its cluster and the shortest TTL it grants.
   * For that a lease of a second is opened and ended; nothing else is written. Connections that
   * this opens are closed again.
   *
   * @throws {StoreError} when no host answers within `timeoutMs`; the whole may take three times
   * as long
   */
  async survey({ timeoutMs }: CallOptions): Promise<ClusterSurvey> {
    if (this.#closed) throw closedError('not-applied');
    const surveyor = new Surveyor(this.#connections, this.#hold);
    this.#surveyors.add(surveyor);
    try {
      return await surveyor.survey(timeoutMs);
    } finally {
      surveyor.close();
      this.#surveyors.delete(surveyor);
    }
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    for (const surveyor of this.#surveyors) surveyor.close();
    this.#calls.close();
    this.#keepAlives?.fail(closedError('unknown'));
    this.#watches.close();
    this.#connections.close();
    this.#hold.end();
  }

  /** {@link close}, for `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** What may be seen of it. */
  toJSON(): object {
    return this.#hosts === undefined
      ? { client: true }
      : { hosts: this.#hosts };
  }

  /** @internal */
  [inspect.custom](): string {
    return `EtcdStore ${inspect(this.toJSON())}`;
  }
}
