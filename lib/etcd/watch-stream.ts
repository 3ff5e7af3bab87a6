import {
  type KeyRange,
  StoreError,
  type Watch,
  type WatchListener,
  type WatchOptions,
} from '../core/index.js';
import type { Connections } from './connections.js';
import { EtcdStream } from './etcd-stream.js';
import type { ProcessHold } from './process-hold.js';
import { storeErrorOf } from './store-error.js';
import { Subscription } from './subscription.js';
import { WATCH, type WatchReply, type WatchRequest } from './wire/index.js';

/** One watch as the stream knows it. */
interface Entry {
  readonly subscription: Subscription;
  readonly askedId: number;
  readonly background: boolean;
  /** Under which replies speak of it; undefined until it is created. */
  id: number | undefined;
}

/** Many watches on one gRPC stream. Once it is over it stays over. */
export class WatchStream {
  private readonly stream: EtcdStream<WatchRequest, WatchReply>;
  private readonly watches = new Set<Entry>();
  /** By the number that the other side gave them: `etcd grpc-proxy` chooses its own. */
  private readonly created = new Map<number, Entry>();
  /** Asked for and not created yet, oldest first. */
  private readonly unanswered: Entry[] = [];
  private lastId = 0;
  private retired = false;

  constructor(
    private readonly connections: Connections,
    private readonly hold: ProcessHold,
    private readonly owner: {
      /** Whether replies speak of watches by the numbers that they were asked for with. */
      numbered(asAsked: boolean): void;
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

  add(
    range: KeyRange,
    listener: WatchListener,
    { deletesOnly = false, background = false }: WatchOptions,
  ): Watch {
    const subscription = new Subscription(listener, () => this.drop(entry));
    // Chosen here, so that a watch need not wait until those before it are created.
    const askedId = (this.lastId += 1);
    const entry: Entry = { subscription, askedId, background, id: undefined };
    if (!background) this.hold.take();
    this.watches.add(entry);
    this.unanswered.push(entry);
    this.stream.write({ kind: 'create', id: askedId, range, deletesOnly });
    return {
      cancel: (why = 'done') => {
        subscription.cancel();
        if (!this.watches.has(entry)) return;
        this.drop(entry);
        if (why === 'silent') this.replace();
      },
    };
  }

  fail(error: StoreError): void {
    this.stream.fail(error);
  }

  private received(reply: WatchReply): void {
    // Creates are answered in their order, a refused one under the id -1.
    const entry = reply.created
      ? this.unanswered.shift()
      : this.created.get(reply.id);
    if (entry === undefined) return;
    if (reply.canceled) {
      this.onCancelled(entry, reply);
      return;
    }
    if (reply.created) {
      entry.id = reply.id;
      this.owner.numbered(reply.id === entry.askedId);
      if (!this.watches.has(entry)) {
        // Nobody wants it any more, and only now can it be named.
        this.stream.write({ kind: 'cancel', id: reply.id });
        return;
      }
      this.created.set(reply.id, entry);
      entry.subscription.created(reply.revision);
    }
    if (reply.events.length > 0) entry.subscription.events(reply.events);
  }

  private onCancelled(entry: Entry, reply: WatchReply): void {
    if (!this.forget(entry)) return;
    const error = cancellation(reply);
    this.renewToken(error);
    entry.subscription.end(error);
    this.endIfUnused();
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

  private drop(entry: Entry): void {
    if (!this.forget(entry)) return;
    if (entry.id !== undefined) {
      this.stream.write({ kind: 'cancel', id: entry.id });
    }
    this.endIfUnused();
  }

  private forget(entry: Entry): boolean {
    if (!this.watches.delete(entry)) return false;
    if (entry.id !== undefined) this.created.delete(entry.id);
    if (!entry.background) this.hold.release();
    return true;
  }

  private endIfUnused(): void {
    if (this.watches.size > 0) return;
    if (!this.retired && !this.connections.streamsHoldProcess) return;
    this.stream.cancel();
    this.owner.ended(this);
  }

  private ended(error: StoreError): void {
    this.owner.ended(this);
    for (const entry of [...this.watches]) {
      this.forget(entry);
      entry.subscription.end(error);
    }
  }
}

function cancellation(reply: WatchReply): StoreError {
  if (reply.compactRevision !== 0n) {
    const message = `revisions before ${reply.compactRevision} are gone`;
    return new StoreError('compacted', 'not-applied', message);
  }
  const text = reply.cancelReason || 'etcd ended the watch';
  return storeErrorOf(new Error(text), 'none');
}
