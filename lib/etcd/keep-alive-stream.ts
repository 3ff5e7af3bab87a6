import type { ILeaseKeepAliveRequest, ILeaseKeepAliveResponse } from 'etcd3';
import { type LeaseId, StoreError } from '../core/index.js';
import type { Connections } from './connections.js';
import { EtcdStream, type StreamMethod } from './etcd-stream.js';

interface Renewal {
  resolve(ttlMs: number | 'gone'): void;
  reject(error: StoreError): void;
}

const LEASE_KEEP_ALIVE: StreamMethod<
  'Lease',
  ILeaseKeepAliveRequest,
  ILeaseKeepAliveResponse
> = {
  service: 'Lease',
  name: 'leaseKeepAlive',
  effect: 'write',
  start: (client, metadata, options) =>
    client.leaseKeepAlive(metadata, options),
};

/** Renews all leases of a store on one gRPC stream. Once it is over it stays over. */
export class KeepAliveStream {
  private readonly stream: EtcdStream<
    'Lease',
    ILeaseKeepAliveRequest,
    ILeaseKeepAliveResponse
  >;
  /** Per lease, oldest first, as etcd answers them; also those that nobody waits for any more. */
  private readonly unanswered = new Map<string, Renewal[]>();
  private replies = 0;

  constructor(
    connections: Connections,
    private readonly onEnd: (stream: KeepAliveStream) => void,
  ) {
    this.stream = new EtcdStream(connections, LEASE_KEEP_ALIVE, {
      received: (reply) => this.received(reply),
      ended: (error) => this.ended(error),
    });
  }

  renew(lease: LeaseId, timeoutMs: number): Promise<number | 'gone'> {
    return new Promise((resolve, reject) => {
      const repliesBefore = this.replies;
      const timer = setTimeout(() => {
        const late = new StoreError(
          'timeout',
          'unknown',
          `etcd did not renew the lease within ${timeoutMs} ms`,
        );
        reject(late);
        // A reply to anybody shows that the stream is alive; without one it may be dead unnoticed.
        if (this.replies === repliesBefore) this.stream.fail(late);
      }, timeoutMs);
      timer.unref();
      const settle =
        <T>(how: (value: T) => void) =>
        (value: T) => {
          clearTimeout(timer);
          how(value);
        };
      const ID = lease.toString();
      const renewal = { resolve: settle(resolve), reject: settle(reject) };
      const queue = this.unanswered.get(ID);
      if (queue) queue.push(renewal);
      else this.unanswered.set(ID, [renewal]);
      this.stream.write({ ID });
    });
  }

  fail(error: StoreError): void {
    this.stream.fail(error);
  }

  private received({ ID, TTL }: ILeaseKeepAliveResponse): void {
    this.replies += 1;
    const queue = this.unanswered.get(ID);
    const renewal = queue?.shift();
    if (queue?.length === 0) this.unanswered.delete(ID);
    const seconds = Number(TTL);
    renewal?.resolve(seconds > 0 ? seconds * 1000 : 'gone');
  }

  private ended(error: StoreError): void {
    this.onEnd(this);
    for (const queue of this.unanswered.values()) {
      for (const renewal of queue) renewal.reject(error);
    }
    this.unanswered.clear();
  }
}
