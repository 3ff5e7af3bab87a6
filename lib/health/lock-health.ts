import type { Duration, SessionState } from '../core/index.js';

/** The options of `isReady`, `isAlive` and `check`. */
export interface LockHealthOptions {
  /** Of the module instance, as given to `forRoot`. @default the unnamed one */
  readonly name?: string | undefined;
  /** How long etcd may take to answer. @default 1 s */
  readonly timeout?: Duration | undefined;
}

/** Facts about the locks of this process. A type, so that it is data to `@nestjs/terminus`. */
export type LockHealth = {
  /**
   * Whether a quorum of etcd answers and this application does not close. Writes may still be
   * refused: by an etcd without space, or to a user who may only read.
   */
  readonly ready: boolean;
  /** Why not. */
  readonly message?: string;
  /** How long a quorum of etcd took to answer, in milliseconds; absent if it did not. */
  readonly latencyMs?: number;
  /** The leases that the locks of this process hang on. */
  readonly sessions: readonly SessionState[];
};

/** What `@nestjs/terminus` takes from an indicator, 11 and 12 alike. */
export type LockHealthResult<Key extends string> = Record<
  Key,
  { readonly status: 'up' | 'down' } & Omit<LockHealth, 'ready'>
>;
