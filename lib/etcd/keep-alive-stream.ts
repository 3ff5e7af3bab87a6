import { type LeaseId, StoreError } from '../core/index.js';
import type { Connections } from './connections.js';
import { EtcdStream } from './etcd-stream.js';
import { LEASE_KEEP_ALIVE, type Renewal } from './wire/index.js';

interface Request {
  resolve(renewal: Renewal): void;
  reject(error: StoreError): void;
}

/** Renews all leases of a store on one gRPC stream. Once it is over it stays over. */
export class KeepAliveStream {
  private readonly stream: EtcdStream<LeaseId, Renewal>;
  /** Per lease, oldest first, as etcd answers them; also those that nobody waits for any more. */
  private readonly unanswered = new Map<LeaseId, Request[]>();
  private replies = 0;

  constructor(
    private readonly connections: Connections,
    private readonly onEnd: (stream: KeepAliveStream) => void,
  ) {
    this.stream = new EtcdStream(connections, LEASE_KEEP_ALIVE, {
      received: (reply) => this.received(reply),
      ended: (error) => this.ended(error),
    });
  }

  renew(lease: LeaseId, timeoutMs: number): Promise<Renewal> {
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
      const request = { resolve: settle(resolve), reject: settle(reject) };
      const queue = this.unanswered.get(lease);
      if (queue) queue.push(request);
      else this.unanswered.set(lease, [request]);
      this.stream.write(lease);
    });
  }

  fail(error: StoreError): void {
    this.stream.fail(error);
  }

  /** What comes though nothing was asked says nothing of when etcd did it, and is passed over. */
  private received(renewal: Renewal): void {
    const { lease } = renewal;
    this.replies += 1;
    const queue = this.unanswered.get(lease);
    const request = queue?.shift();
    if (queue?.length === 0) this.unanswered.delete(lease);
    request?.resolve(renewal);
    if (this.connections.streamsHoldProcess) this.endIfIdle();
  }

  private endIfIdle(): void {
    if (this.unanswered.size > 0) return;
    this.stream.cancel();
    this.onEnd(this);
  }

  private ended(error: StoreError): void {
    this.onEnd(this);
    for (const queue of this.unanswered.values()) {
      for (const request of queue) request.reject(error);
    }
    this.unanswered.clear();
  }
}
