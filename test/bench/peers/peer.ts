export interface PeerSettings {
  readonly etcd: string;
  /** Ports of the two Redis servers, where there is Redis. */
  readonly redis?: { readonly synced: number; readonly unsynced: number };
}

/** A lock somebody holds. */
export interface Held {
  readonly token?: bigint;
  /** Its process may keep the lock after it, and take it again with the same token. */
  readonly keeps?: boolean;
  release(): Promise<unknown>;
}

/** A lock library, used as its own documentation says, by one process. */
export interface Peer {
  /** Undefined when the library gave up, and leaves it to the caller to try again. */
  acquire(key: string): Promise<Held | undefined>;
  close(): Promise<unknown>;
}
