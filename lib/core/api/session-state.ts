/** How a lease stands that the locks of this client hang on. Durations are milliseconds. */
export interface SessionState {
  /** In hexadecimal, as in the names of tickets and as `etcdctl lease` wants it. */
  readonly lease: string;
  /** What etcd promised last. */
  readonly ttlMs: number;
  /** For how long the locks are held for sure if no keep-alive succeeds any more. */
  readonly remainingMs: number;
  /**
   * How long ago the keep-alive should have succeeded: none in good times but a round trip or two.
   * The locks are lost when it reaches two thirds of the TTL, less a margin.
   */
  readonly keepAliveLagMs: number;
}
