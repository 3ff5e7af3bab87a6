import {
  type CallOptions,
  type GrantedLease,
  type KeyRange,
  type LeaseId,
  type LockStore,
  type RangeOperation,
  type RangeReply,
  type Revision,
  StoreError,
  type Transaction,
  type TransactionReply,
  type Watch,
  type WatchListener,
} from '../core/index.js';
import { CallsInFlight } from './calls-in-flight.js';
import type { ClusterSurvey } from './cluster-survey.js';
import type { Connections } from './connections.js';
import {
  checkedClient,
  type EtcdStoreOptions,
  etcdOptionsOf,
} from './etcd-store-options.js';
import { HostRotation } from './host-rotation.js';
import { KeepAliveStream } from './keep-alive-stream.js';
import {
  LEASE_GRANT,
  LEASE_REVOKE,
  LEASE_TIME_TO_LIVE,
  RANGE,
  TXN,
} from './methods.js';
import { SharedClient } from './shared-client.js';
import { closedError } from './store-error.js';
import { Surveyor } from './surveyor.js';
import {
  decodeRead,
  decodeReplies,
  encodeRead,
  encodeTransaction,
} from './transaction-codec.js';
import { UnaryCalls } from './unary-calls.js';
import { Watches } from './watches.js';

/**
 * The store port on etcd 3.4 or later.
 *
 * The constructor connects to nothing; the first call does. A call that etcd may have acted on is
 * never repeated; one that etcd refused for an outdated token is sent once more.
 *
 * `close` leaves nothing behind that keeps the process alive, save an attempt to connect to a host
 * whose network swallows it: the system gives that up after a minute or two.
 *
 * @throws {LockConfigurationError} from the constructor, for options that cannot work.
 *
 * @example
 * const store = new EtcdStore({ hosts: 'http://127.0.0.1:2379' });
 * const locks = new LockClient({ store });
 * // …
 * await locks.close();
 * await store.close();
 */
export class EtcdStore implements LockStore {
  private readonly connections: Connections;
  private readonly calls: UnaryCalls;
  private readonly watches: Watches;
  private readonly surveyors = new Set<Surveyor>();
  private keepAlives: KeepAliveStream | undefined;
  private closed = false;

  constructor(options: EtcdStoreOptions) {
    const inFlight = new CallsInFlight();
    this.connections = connectionsOf(options, inFlight);
    this.calls = new UnaryCalls(this.connections, inFlight);
    this.watches = new Watches(this.connections);
  }

  async grantLease(
    ttlSeconds: number,
    { timeoutMs }: CallOptions,
  ): Promise<GrantedLease> {
    const request = { TTL: ttlSeconds };
    const { ID, TTL } = await this.calls.call(LEASE_GRANT, request, timeoutMs);
    return { id: BigInt(ID), ttlMs: Number(TTL) * 1000 };
  }

  keepAlive(
    lease: LeaseId,
    { timeoutMs }: CallOptions,
  ): Promise<number | 'gone'> {
    if (this.closed) return Promise.reject(closedError('not-applied'));
    this.keepAlives ??= new KeepAliveStream(this.connections, (ended) => {
      if (this.keepAlives === ended) this.keepAlives = undefined;
    });
    return this.keepAlives.renew(lease, timeoutMs);
  }

  async revokeLease(lease: LeaseId, { timeoutMs }: CallOptions): Promise<void> {
    try {
      const request = { ID: lease.toString() };
      await this.calls.call(LEASE_REVOKE, request, timeoutMs);
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
    const request = { ID: lease.toString() };
    const { TTL } = await this.calls.call(
      LEASE_TIME_TO_LIVE,
      request,
      timeoutMs,
    );
    return Number(TTL) < 0 ? 'gone' : Number(TTL) * 1000;
  }

  async transact(
    transaction: Transaction,
    { timeoutMs }: CallOptions,
  ): Promise<TransactionReply> {
    const request = encodeTransaction(transaction);
    const reply = await this.calls.call(TXN, request, timeoutMs);
    return {
      revision: BigInt(reply.header.revision),
      succeeded: reply.succeeded,
      replies: decodeReplies(transaction, reply),
    };
  }

  async read(
    operation: RangeOperation,
    { timeoutMs, stale = false }: CallOptions & { readonly stale?: boolean },
  ): Promise<RangeReply & { readonly revision: Revision }> {
    const request = { ...encodeRead(operation), serializable: stale };
    const reply = await this.calls.call(RANGE, request, timeoutMs);
    return { ...decodeRead(reply), revision: BigInt(reply.header.revision) };
  }

  watch(
    range: KeyRange,
    listener: WatchListener,
    options?: { readonly deletesOnly?: boolean },
  ): Watch {
    return this.watches.watch(range, listener, options?.deletesOnly ?? false);
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
    if (this.closed) throw closedError('not-applied');
    const surveyor = new Surveyor(this.connections);
    this.surveyors.add(surveyor);
    try {
      return await surveyor.survey(timeoutMs);
    } finally {
      surveyor.close();
      this.surveyors.delete(surveyor);
    }
  }

  async close(): Promise<void> {
    if (this.closed) return;
    this.closed = true;
    for (const surveyor of this.surveyors) surveyor.close();
    this.calls.close();
    this.keepAlives?.fail(closedError('unknown'));
    this.watches.close();
    this.connections.close();
  }
}

function connectionsOf(
  options: EtcdStoreOptions,
  inFlight: CallsInFlight,
): Connections {
  if (options?.client) return new SharedClient(checkedClient(options));
  const { hosts, etcd } = etcdOptionsOf(options);
  return new HostRotation(hosts, etcd, options.auth, inFlight);
}
