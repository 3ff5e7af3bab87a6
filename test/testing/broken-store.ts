import type {
  LockStore,
  OperationReply,
  RangeReply,
  StoredKey,
  Transaction,
  TransactionReply,
  WatchEvent,
  WatchListener,
} from '../../lib/core/store/lock-store.js';
import { type MemoryCluster, MemoryStore } from '../../lib/memory/index.js';

/** Replaces some methods of a client of a cluster that works. `shared` is one object a cluster. */
export type Defect = (store: LockStore, shared: object) => Partial<LockStore>;

export interface BrokenStore {
  readonly defect: Defect;
  /** The case of the contract that is there to find it. */
  readonly caughtBy: string;
}

export const call = { timeoutMs: 1000 };

export const EVERYTHING = { key: '\0', end: '\u{10ffff}' };

export function connectBroken(
  defect: Defect,
  cluster: MemoryCluster,
): LockStore {
  const store = new MemoryStore({ cluster });
  const port: LockStore = {
    grantLease: (...args) => store.grantLease(...args),
    keepAlive: (...args) => store.keepAlive(...args),
    revokeLease: (...args) => store.revokeLease(...args),
    timeToLive: (...args) => store.timeToLive(...args),
    attachedKeys: (...args) => store.attachedKeys(...args),
    transact: (...args) => store.transact(...args),
    read: (...args) => store.read(...args),
    watch: (...args) => store.watch(...args),
    close: () => store.close(),
  };
  return { ...port, ...defect(port, cluster) };
}

/** Changes the transactions on their way to the store. */
export function rewriting(change: (asked: Transaction) => Transaction): Defect {
  return (store) => ({
    transact: (asked, options) => store.transact(change(asked), options),
  });
}

/** Changes what every range read and every transaction tells about keys. */
export function retelling(
  change: (reply: RangeReply, shared: object) => RangeReply,
): Defect {
  return (store, shared) => {
    const retell = (reply: OperationReply): OperationReply => {
      if (reply.kind === 'range') return change(reply, shared);
      if (reply.kind !== 'transaction') return reply;
      return { ...reply, replies: reply.replies.map(retell) };
    };
    return {
      async read(operation, options) {
        const reply = await store.read(operation, options);
        return { ...change(reply, shared), revision: reply.revision };
      },
      async transact(asked, options): Promise<TransactionReply> {
        const reply = await store.transact(asked, options);
        return { ...reply, replies: reply.replies.map(retell) };
      },
    };
  };
}

export function retellingKeys(change: (key: StoredKey) => StoredKey): Defect {
  return retelling((reply) => ({ ...reply, keys: reply.keys.map(change) }));
}

/** Changes what watches hear. */
export function mishearing(
  change: (listener: WatchListener) => Partial<WatchListener>,
): Defect {
  return (store) => ({
    watch: (range, listener, options) =>
      store.watch(range, passing(listener, change(listener)), options),
  });
}

export function passing(
  listener: WatchListener,
  change: Partial<WatchListener>,
): WatchListener {
  return {
    created: (revision) => listener.created(revision),
    events: (events) => listener.events(events),
    ended: (error) => listener.ended(error),
    ...change,
  };
}

export function mishearingEvents(
  change: (events: readonly WatchEvent[]) => readonly WatchEvent[],
): Defect {
  return mishearing((listener) => ({
    events(events) {
      const heard = change(events);
      if (heard.length > 0) listener.events(heard);
    },
  }));
}
