import type { IWatchRequest, IWatchResponse } from 'etcd3';
import {
  type KeyRange,
  StoreError,
  type Watch,
  type WatchListener,
} from '../core/index.js';
import type { Connections } from './connections.js';
import { EtcdStream, type StreamMethod } from './etcd-stream.js';
import { encodeRange } from './key-codec.js';
import { storeErrorOf } from './store-error.js';
import { Subscription } from './subscription.js';

const WATCH: StreamMethod<'Watch', IWatchRequest, IWatchResponse> = {
  service: 'Watch',
  name: 'watch',
  effect: 'none',
  start: (client, metadata, options) => client.watch(metadata, options),
};

/** Many watches on one gRPC stream. Once it is over it stays over. */
export class WatchStream {
  private readonly stream: EtcdStream<'Watch', IWatchRequest, IWatchResponse>;
  private readonly watches = new Map<string, Subscription>();
  /** Asked for and not created yet, oldest first. */
  private readonly unanswered: string[] = [];
  private lastId = 0;
  private retired = false;

  constructor(
    connections: Connections,
    private readonly owner: {
      /** It takes no further watches. */
      retired(stream: WatchStream): void;
      ended(stream: WatchStream): void;
    },
  ) {
    this.stream = new EtcdStream(connections, WATCH, {
      received: (reply) => this.received(reply),
      ended: (error) => this.ended(error),
    });
  }

  add(range: KeyRange, listener: WatchListener, deletesOnly: boolean): Watch {
    // Chosen here, so that a watch need not wait until those before it are created.
    const id = String((this.lastId += 1));
    const watch = new Subscription(listener, () => this.drop(id));
    this.watches.set(id, watch);
    this.unanswered.push(id);
    this.stream.write({
      create_request: {
        ...encodeRange(range),
        watch_id: id,
        fragment: true,
        filters: deletesOnly ? ['Noput'] : [],
      },
    });
    return {
      cancel: (why = 'done') => {
        watch.cancel();
        if (!this.watches.has(id)) return;
        this.drop(id);
        if (why === 'silent') this.replace();
      },
    };
  }

  fail(error: StoreError): void {
    this.stream.fail(error);
  }

  private received(reply: IWatchResponse): void {
    // etcd answers creates in their order, and refuses one under the id -1.
    const id = reply.created ? this.unanswered.shift() : reply.watch_id;
    const watch = id === undefined ? undefined : this.watches.get(id);
    if (!watch) return;
    if (reply.canceled) {
      this.watches.delete(id!);
      const error = cancellation(reply);
      this.renewToken(error);
      watch.end(error);
      this.endIfUnused();
      return;
    }
    if (reply.created) watch.created(BigInt(reply.header.revision));
    if (reply.events.length > 0) watch.events(reply.events);
  }

  /** The stream keeps the token it was opened with; what it watches already goes on. */
  private renewToken({ reason }: StoreError): void {
    // Several versions of etcd call an outdated token a lack of permission here.
    if (reason !== 'unauthenticated' && reason !== 'permission-denied') return;
    if (this.stream.renewToken()) this.retire();
  }

  private replace(): void {
    this.retire();
    const message = 'another watch on the same stream had fallen silent';
    this.stream.fail(new StoreError('timeout', 'not-applied', message));
  }

  private retire(): void {
    this.retired = true;
    this.owner.retired(this);
  }

  private drop(id: string): void {
    this.watches.delete(id);
    this.stream.write({ cancel_request: { watch_id: id } });
    this.endIfUnused();
  }

  private endIfUnused(): void {
    if (!this.retired || this.watches.size > 0) return;
    this.stream.cancel();
    this.owner.ended(this);
  }

  private ended(error: StoreError): void {
    this.owner.ended(this);
    for (const watch of this.watches.values()) watch.end(error);
    this.watches.clear();
  }
}

function cancellation(reply: IWatchResponse): StoreError {
  if (reply.compact_revision !== '0') {
    const message = `revisions before ${reply.compact_revision} are gone`;
    return new StoreError('compacted', 'not-applied', message);
  }
  const text = reply.cancel_reason || 'etcd ended the watch';
  return storeErrorOf(new Error(text), 'none');
}
